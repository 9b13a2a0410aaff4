// One request on many cells: a paste, a fill, an undo. Each is sent in its turn, is one step on
// the server, and may come back with a question. Same queue, same marks, same promises as a typed
// cell.

import {isField, personOf} from './cells.js';
import {mark, unmark} from './cell_status.js';
import * as draftStorage from './draft_storage.js';
import * as editor from './editor.js';
import * as queue from './request_queue.js';
import * as saveStatus from './save_status.js';

let questioned = null; // the request whose answer is a question
let last = null;
let serial = 0;

// Sends what was typed, then `values` to `url`. `values` is called once, when everything typed
// before is saved: it says what the user saw when the request was sent. `what`: words for the
// save line. `repeatable: false`: after a lost answer it is not sent again by itself. Never
// rejects. Resolves to {status, wasSent, touched}: status 0 was given up; touched are the cells
// that the answer drew anew.
async function perform(url, values, cells, {what, repeatable = true}) {
  const touched = [];
  const collect = ({detail: {ctx, tasks}}) => {
    if (ctx.request.action !== url) return;
    const targets = tasks.map((task) => task.target);
    touched.push(...targets.filter((target) => target?.matches?.('tbody [data-field]')));
  };
  let known;
  const once = () => known ??= values();
  editor.commit();
  document.addEventListener('htmx:before:swap', collect, true);
  const {status, wasSent} = await request(url, once, cells, {what, repeatable});
  document.removeEventListener('htmx:before:swap', collect, true);
  return {status, wasSent, touched};
}

function request(url, values, cells, options) {
  serial += 1;
  const name = `deed/${Date.now()}.${serial}`;
  return new Promise((onEnd) => send({url, values, cells, ...options, onEnd, name}));
}

// The same request once more with these values merged in: the answer to its question.
function repeat(more) {
  const {url, wantedValues, cells, repeatable, what} = questioned ?? last;
  const values = () => ({...wantedValues(), ...more});
  return request(url, values, cells, {repeatable, what, first: true});
}

// One that this browser still kept when the page was opened.
function restore({url, values, what, name}) {
  send({url, values: () => values, cells: [], repeatable: true, what, onEnd: () => {}, name});
}

function send({values, ...rest}) {
  const item = {...rest, isBulk: true, wantedValues: values};
  Object.assign(item, {
    values: () => valuesToSend(item),
    begin: () => item.cells.forEach((cell) => mark(cell, 'saving')),
    accepts: (status, text) => accepts(item, status, text),
    onResponse: () => onResponse(item),
    fail: (state) => fail(item, state),
    giveUp: () => giveUp(item),
  });
  last = item;
  queue.enqueue(item, {first: item.first});
}

// Kept from its first sending on: only then is what it has `seen` true.
function valuesToSend(item) {
  const {name, url, what, repeatable} = item;
  item.sent = item.wantedValues();
  if (repeatable) draftStorage.keep(name, {url, what, values: item.sent});
  return item.sent;
}

function accepts(item, status, text) {
  item.answer = text;
  return status >= 400 || text.includes('<hx-partial');
}

function onResponse(item) {
  const isDone = item.status === 200;
  if (item.answer?.includes('"#grid-ask"')) {
    questioned = item;
    queue.hold();
  }
  end(item, item.status);
  item.cells.forEach((cell) => showOutcome(cell, item, isDone));
  if (isDone) saveStatus.noteSaved();
  return false;
}

function showOutcome(cell, item, isDone) {
  if (cell.matches('[data-conflict], [data-refused]')) {
    keepText(cell, item);
    mark(cell, 'open');
    return;
  }
  if (!isDone) return;
  draftStorage.forget(nameOf(cell)); // an older text of this cell has been overtaken
  // A tick is only for what the server says it wrote.
  if (item.answer?.includes(`#${cell.id}"`)) mark(cell, 'saved');
}

// A pasted text that met somebody else's: kept with what was seen then, so that a reload asks
// again.
function keepText(cell, item) {
  const person = personOf(cell);
  const {field} = cell.dataset;
  const text = cell.querySelector('button[data-mine]')?.dataset.use;
  const seen = JSON.parse(item.sent.seen ?? '{}')[person]?.[field];
  if (text === undefined || seen === undefined) return;
  draftStorage.keep(nameOf(cell), {person, field, text, seen});
}

function fail(item, state) {
  item.cells.forEach((cell) => mark(cell, state));
  if (item.repeatable || state === 'refused') return;
  if (item.sent) saveStatus.noteUnclear(item.what);
  end(item, 0);
}

function giveUp(item) {
  end(item, 0);
  queue.drop(item);
}

function end(item, status) {
  draftStorage.forget(item.name);
  item.cells.forEach(unmark);
  item.onEnd({status, wasSent: Boolean(item.sent)});
}

const nameOf = (cell) => `${personOf(cell)}/${cell.dataset.field}`;

// What the server wants to know of a block: its rows, its columns, and what the user saw there.
// `besides`: further rows that were seen.
function described(lines, ...besides) {
  const rows = lines.map(([first]) => first.parentElement);
  const fields = lines[0].map(({dataset}) => dataset.field).filter(Boolean);
  return {
    rows: idsOf(rows),
    fields: JSON.stringify(fields),
    seen: textsSeen([...besides, ...rows], fields),
  };
}

const idsOf = (rows) => JSON.stringify(rows.map((row) => Number(row.dataset.personId)));

// {person: {field: text}} as JSON; without `fields` all of them.
function textsSeen(rows, fields) {
  const texts = rows.map((row) => [row.dataset.personId, textsOf(row, fields)]);
  return JSON.stringify(Object.fromEntries(texts));
}

function textsOf(row, fields) {
  const cells = [...row.cells].filter(isField);
  const wanted = cells.filter(({dataset}) => !fields || fields.includes(dataset.field));
  return Object.fromEntries(wanted.map(({dataset}) => [dataset.field, dataset.value]));
}

export {described, idsOf, perform, repeat, restore, textsOf, textsSeen};
