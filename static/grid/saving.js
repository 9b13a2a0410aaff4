// What becomes of a typed text: saving -> saved, could not be saved (kept and sent again), or the
// user must choose. It stays in its cell and in this browser until the server has it; nothing is
// called saved before the server's answer.

import {root} from '../elements.js';
import * as signin from '../signin.js';
import {personOf, showText, table} from './cells.js';
import {mark, openCells, unmark} from './cell_status.js';
import * as draftStorage from './draft_storage.js';
import * as queue from './request_queue.js';
import * as saveStatus from './save_status.js';

const edits = new Map(); // cell id -> its item in the queue
let isLeaving = false; // the page goes, and what is unsaved is kept for its user

// Does the table still owe the server this cell's text, or the server an answer?
function isWaiting(cell) {
  const edit = edits.get(cell.id);
  return edit !== undefined && (edit.isUnsent || !queue.isAnswer(edit.status));
}

function newestText(cell) {
  if (isWaiting(cell)) return edits.get(cell.id).text;
  return cell.dataset.typed ?? cell.dataset.value;
}

function isAnythingUnsaved() {
  return !isLeaving && (queue.all().length > 0 || openCells().length > 0);
}

// `seen`: the stored text the user had before his eyes. `unsure`: a text sent earlier that may
// have been stored.
function save(cell, text, seen, unsure) {
  const edit = edits.get(cell.id) ?? newEdit(cell, seen, unsure);
  Object.assign(edit, {text, isUnsent: true});
  edits.set(cell.id, edit);
  delete cell.dataset.typed;
  showText(cell, text);
  keep(edit);
  queue.enqueue(edit);
}

function newEdit(cell, seen, unsure) {
  const person = personOf(cell);
  const {field} = cell.dataset;
  const edit = {
    cell,
    person,
    field,
    seen,
    unsure,
    name: `${person}/${field}`,
    url: `${root}/people/${person}/cells/${field}`,
    values: () => values(edit),
    begin: () => mark(cell, 'saving'),
    accepts: (_, text) => text.includes(`#${cell.id}"`),
    onResponse: () => onResponse(edit),
    fail: (state) => fail(edit, state),
    giveUp: () => giveUp(edit),
  };
  return edit;
}

// A text whose answer was lost may be stored: it is sent again as it was, and only then what was
// typed since.
function values(edit) {
  edit.sent = edit.unsure ?? edit.text;
  edit.wasOnline = navigator.onLine; // false: it cannot have reached anybody
  edit.isUnsent = edit.sent !== edit.text;
  return {value: edit.sent, seen: edit.seen};
}

function onResponse(edit) {
  const {cell, name, status} = edit;
  const isStored = status === 200 || (status === 422 && !cell.hasAttribute('data-refused'));
  edit.unsure = undefined;
  if (isStored) edit.seen = cell.dataset.value;
  if (edit.isUnsent) return sendAgain(edit);
  edits.delete(cell.id);
  if (isStored) draftStorage.forgetText(name, edit.text); // else after a reload it asks again
  mark(cell, isStored ? 'saved' : 'open');
  if (isStored) saveStatus.noteSaved();
  return false;
}

function sendAgain(edit) {
  keep(edit);
  edit.state = 'queued';
  return true;
}

function fail(edit, state) {
  const mayBeStored = !edit.status || edit.status >= 500;
  if (edit.sent !== undefined && edit.wasOnline && mayBeStored) edit.unsure ??= edit.sent;
  keep(edit);
  mark(edit.cell, state);
}

// The user lets go of a text that can never be saved.
function giveUp(edit) {
  edits.delete(edit.cell.id);
  draftStorage.forget(edit.name);
  unmark(edit.cell);
  showText(edit.cell, newestText(edit.cell));
  queue.drop(edit);
}

function keep({name, person, field, text, seen, unsure}) {
  draftStorage.keep(name, {person, field, text, seen, unsure});
}

// Undo while nothing gets through: the newest typed text that waits gives way to what stood
// there. Returns its cell, or null.
function takeBack() {
  const isTakeable = (item) => item.cell && item.state === 'failed' && item.text !== item.seen;
  const edit = queue.all().filter(isTakeable).at(-1);
  if (!edit) return null;
  if (edit.unsure === undefined) edit.giveUp();
  else save(edit.cell, edit.seen);
  return edit.cell;
}

function start() {
  queue.start();
  saveStatus.start();
  signin.start({
    user: table.dataset.user,
    isBusy: () => table.querySelector('[data-editing]') !== null,
    areDraftsKept: draftStorage.isWorking,
    onBack: (draftKey) => {
      table.dataset.draftKey = draftKey;
      queue.signedIn();
    },
    onStranger: () => {
      queue.close();
      isLeaving = draftStorage.isWorking();
    },
  });
  queue.onChange(() => {
    if (queue.state.mustSignIn && queue.all().length) signin.ask();
  });
}

export {isAnythingUnsaved, isWaiting, newestText, save, start, takeBack};
