// What becomes of a typed text: saving -> saved, could not be saved (kept and sent again), or the user must choose. It
// stays in its cell and in this browser until the server has it; nothing is called saved before the server's answer.

import {show, table} from './cells.js';
import * as deeds from './deeds.js';
import * as lane from './lane.js';
import * as line from './line.js';
import {mark, markSettled, openCells, unmark} from './marks.js';
import * as signin from './signin.js';
import * as store from './store.js';
import * as unsent from './unsent.js';

const edits = new Map(); // cell id -> its item in the lane
let isLeaving = false;   // the page goes, and what is unsaved is kept for its user

// Does the table still owe the server this cell's text, or the server an answer?
export function isWaiting(cell) {
  const edit = edits.get(cell.id);
  return Boolean(edit) && (edit.fresh || !lane.isAnswer(edit.status));
}

export const newestText = (cell) => isWaiting(cell) ? edits.get(cell.id).text : cell.dataset.typed ?? cell.dataset.value;
export const isAnythingUnsaved = () => !isLeaving && (lane.all().length > 0 || openCells().length > 0);

// `seen`: the stored text the user had before his eyes. `unsure`: a text sent earlier that may have been stored.
export function save(cell, text, seen, unsure) {
  const edit = edits.get(cell.id) ?? newEdit(cell, seen, unsure);
  Object.assign(edit, {text, fresh: true});
  edits.set(cell.id, edit);
  delete cell.dataset.typed;
  show(cell, text);
  keep(edit);
  lane.join(edit);
}

// Undo while nothing gets through: the newest typed text that waits gives way to what stood there. Answers its cell.
export function takeBack() {
  const edit = lane.all().filter((item) => item.cell && item.state === 'failed' && item.text !== item.seen).at(-1);
  if (!edit) return null;
  if (edit.unsure === undefined) edit.giveUp();
  else save(edit.cell, edit.seen);
  return edit.cell;
}

// When everything asked for so far has been tried: was all of it answered?
function flush() {
  const asked = [...lane.all()];
  const isOut = (item) => !lane.all().includes(item);
  const isOver = () => asked.every((item) => isOut(item) || ['failed', 'refused'].includes(item.state));
  return new Promise((done) => {
    const look = () => { if (isOver()) { stop(); done(asked.every((item) => isOut(item) && lane.isAnswer(item.status))); } };
    const stop = lane.onChange(look);
    look();
  });
}

function newEdit(cell, seen, unsure) {
  const {personId} = cell.parentElement.dataset, {field} = cell.dataset;
  const edit = {
    cell, seen, unsure, person: personId, field, name: `${personId}/${field}`, url: `/people/${personId}/cells/${field}`,
    values: () => values(edit), begin: () => mark(cell, 'saving'), fail: (state) => fail(edit, state),
    accepts: (_, text) => text.includes(`#${cell.id}"`), settle: () => settle(edit), giveUp: () => giveUp(edit),
  };
  return edit;
}

// A text whose answer was lost may be stored: it is sent again as it was, and only then what was typed since.
function values(edit) {
  edit.sent = edit.unsure ?? edit.text;
  edit.left = navigator.onLine; // false: it cannot have reached anybody
  edit.fresh = edit.sent !== edit.text;
  return {value: edit.sent, seen: edit.seen};
}

function fail(edit, state) {
  if (edit.sent !== undefined && edit.left && (!edit.status || edit.status >= 500)) edit.unsure ??= edit.sent;
  keep(edit);
  mark(edit.cell, state);
}

function settle(edit) {
  const {cell, name} = edit, isStored = edit.status === 200 || (edit.status === 422 && !cell.hasAttribute('data-refused'));
  edit.unsure = undefined;
  if (isStored) edit.seen = cell.dataset.value;
  if (edit.fresh) return again(edit);
  edits.delete(cell.id);
  if (isStored) store.forgetText(name, edit.text); // else kept: after a reload it asks again
  markSettled(cell, isStored);
  return false;
}

function again(edit) {
  keep(edit);
  edit.state = 'queued';
  return true;
}

// The user lets go of a text that can never be saved.
function giveUp(edit) {
  edits.delete(edit.cell.id);
  store.forget(edit.name);
  unmark(edit.cell);
  show(edit.cell, newestText(edit.cell));
  lane.drop(edit);
}

const inWords = () => store.isKept()
  ? 'Những ô chưa lưu của người dùng trước được giữ trên máy này, đến khi người đó đăng nhập lại và mở bảng này.'
  : 'Trình duyệt này không giữ được những ô chưa lưu của người dùng trước: hãy chép lại trước khi tải trang.';
const keep = ({name, person, field, text, seen, unsure}) => store.keep(name, {person, field, text, seen, unsure});

export function start() {
  lane.start();
  line.start({openCells, signIn: () => signin.ask({again: true})});
  signin.start({
    user: table.dataset.user, isBusy: () => table.querySelector('[data-editing]') !== null, kept: inWords,
    onBack: lane.signedIn, onStranger: () => { lane.close(); isLeaving = store.isKept(); },
  });
  lane.onChange(() => { if (lane.mustSignIn && lane.all().length) signin.ask(); });
  unsent.start({save, deed: deeds.restore});
}
