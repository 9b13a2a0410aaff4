// Deeds of one request on many cells: a paste, a fill, an undo. Same lane, same marks, same promises as a typed cell.

import * as lane from './lane.js';
import * as line from './line.js';
import {mark, markSettled, unmark} from './marks.js';
import * as store from './store.js';

let asked = null, last = null, serial = 0; // asked: the deed whose answer is a question

// `values`: an object, or a function asked right before each sending (when it holds `seen`). `repeatable: false`: after
// a lost answer it is not sent again by itself. `what`: words for the line. Never rejects; {status: 0}: given up.
export function deed(url, values, cells = [], {repeatable = true, what = 'việc vừa làm', first = false} = {}) {
  return new Promise((done) => send({url, wanted: values, cells, repeatable, what, first, done, name: `deed/${Date.now()}.${++serial}`}));
}

// A deed once more with these values merged in: the answer to the question it was answered with.
export function repeat(more) {
  const {url, wanted, cells, repeatable, what} = asked ?? last;
  return deed(url, () => ({...valuesOf(wanted), ...more}), cells, {repeatable, what, first: true});
}

// One that this browser still kept when the page was opened.
export function restore({url, values, what, name}) {
  send({url, wanted: values, cells: [], repeatable: true, what, done: () => {}, name});
}

function send(item) {
  last = Object.assign(item, {
    deed: true,
    values: () => values(item),
    accepts: (status, text) => { item.answer = text; return status >= 400 || text.includes('<hx-partial'); },
    begin: () => item.cells.forEach((cell) => mark(cell, 'saving')),
    fail: (state) => fail(item, state),
    settle: () => settle(item),
    giveUp: () => { end(item, 0); lane.drop(item); },
  });
  lane.join(item, item);
}

// Kept from its first sending on: only then is what it has `seen` true.
function values(item) {
  item.sent = valuesOf(item.wanted);
  if (item.repeatable) store.keep(item.name, {deed: true, url: item.url, what: item.what, values: item.sent});
  return item.sent;
}

function fail(item, state) {
  item.cells.forEach((cell) => mark(cell, state));
  if (item.repeatable || state === 'refused') return;
  if (item.sent) line.unclear(item.what);
  end(item, 0);
}

function settle(item) {
  const isDone = item.status === 200;
  if (item.answer?.includes('"#grid-ask"')) {
    asked = item;
    lane.hold();
  }
  end(item, item.status);
  for (const cell of item.cells) {
    const isOpen = cell.matches('[data-conflict], [data-refused]');
    if (isDone && !isOpen) store.forget(nameOf(cell)); // an older text of this cell has been overtaken
    if (isOpen) keepMine(cell, item);
    const isDrawn = item.answer?.includes(`#${cell.id}"`); // a tick is only for what the server says it wrote
    if ((isDone && isDrawn) || isOpen) markSettled(cell, !isOpen);
  }
  if (isDone) line.saved();
  return false;
}

function end(item, status) {
  store.forget(item.name);
  item.cells.forEach(unmark);
  item.done({status, step: item.step ?? '', wasSent: Boolean(item.sent)});
}

// A pasted text that met somebody else's: kept with what was seen then, so that a reload asks again.
function keepMine(cell, item) {
  const text = cell.querySelector('button[data-mine]')?.dataset.use, [person, field] = nameOf(cell).split('/');
  const seen = JSON.parse(item.sent.seen ?? '{}')[person]?.[field];
  if (text !== undefined && seen !== undefined) store.keep(nameOf(cell), {person, field, text, seen});
}

const nameOf = (cell) => `${cell.parentElement.dataset.personId}/${cell.dataset.field}`;
const valuesOf = (values) => typeof values === 'function' ? values() : values;
