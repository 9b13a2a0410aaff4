// What opens beside a cell: the sentence about it (error, warning, conflict) with its one-click
// answers, and its history.

import {parseHtml, placeAt, root} from '../elements.js';
import {frame, isCards, labelOf, mayEdit, personOf, table} from './cells.js';

const dialog = document.getElementById('cell-history-box');
let shownAt = null; // the cell whose sentence is in sight
let callbacks = {};

// The sentence

function placeNote(cell) {
  shownAt = cell;
  if (isCards()) return;
  for (const note of cell.querySelectorAll('.why, .meanwhile')) placeAt(note, cell);
}

function placeAgain() {
  if (shownAt?.isConnected) placeNote(shownAt);
}

const answersOf = (cell) => [...cell.querySelectorAll('.why button[data-use]')];

function startAnswers() {
  table.addEventListener('pointerdown', (event) => {
    // The focus stays in the table.
    if (event.target.closest('.why')) event.preventDefault();
  });
  table.addEventListener('click', (event) => {
    const answer = event.target.closest('.why button[data-use]');
    if (answer) callbacks.put(answer.closest('td'), answer.dataset.use, {always: true});
  });
}

// The history: Shift+F2 (Excel's key for notes) or the button above the table. Esc closes, and
// the focus is back in the cell.

async function openHistory() {
  const cell = callbacks.activeCell();
  if (!cell?.dataset.field) return;
  callbacks.commit();
  const [title, body] = dialog.children;
  title.textContent = labelOf(cell);
  body.replaceChildren('Đang tìm…');
  dialog.showModal();
  placeDialog(cell);
  body.replaceChildren(...await historyOf(cell));
  placeDialog(cell);
}

async function historyOf(cell) {
  const url = `${root}/people/${personOf(cell)}/cells/${cell.dataset.field}/history`;
  try {
    const answer = await fetch(url, {headers: {'HX-Request': 'true'}});
    if (answer.status === 401) return ['Phiên làm việc đã hết: hãy đăng nhập lại.'];
    if (answer.ok) return parseHtml(await answer.text()).childNodes;
  } catch { /* the network is down */ }
  return ['Chưa xem được lịch sử: không có kết nối tới máy chủ của trường.'];
}

function placeDialog(cell) {
  if (!isCards()) placeAt(dialog, cell);
}

function pressed(event) {
  if (event.key !== 'F2' || !event.shiftKey || event.isComposing) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  openHistory();
}

function startHistory() {
  dialog.addEventListener('click', (event) => {
    if (event.target === dialog) dialog.close();
  });
  dialog.addEventListener('close', () => callbacks.focusAgain());
  table.addEventListener('keydown', pressed, true);
  const opener = document.getElementById('cell-history');
  // The press leaves the focus in its cell.
  opener.addEventListener('pointerdown', (event) => event.preventDefault());
  opener.addEventListener('click', openHistory);
}

// The editor places its sentences here, so it cannot be imported: {put, activeCell, commit,
// focusAgain}.
function start(given) {
  callbacks = given;
  frame.addEventListener('scroll', placeAgain, {passive: true});
  addEventListener('scroll', placeAgain, {passive: true});
  addEventListener('resize', placeAgain);
  // Sentences are hidden while a selection is drawn.
  addEventListener('pointerup', placeAgain);
  if (!mayEdit) return;
  startAnswers();
  startHistory();
}

export {answersOf, placeNote, start};
