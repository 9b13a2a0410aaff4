// Lays an answer over the table. htmx asks and parses; a cell keeps its element (and the input in it, if the user is
// there), only its marks and its text are exchanged. Three things are never replaced: a text that is still waiting to be
// saved, a choice the user has not made yet, and, by somebody else's change, a cell that is being edited.

import {show, table} from './cells.js';
import {isBusyIn, refresh} from './editor.js';
import * as lane from './lane.js';
import {isOpen} from './marks.js';
import {isWaiting, newestText} from './saving.js';

const OWN = new Set(['tabindex', 'data-active', 'data-editing', 'data-save', 'title', 'class', 'aria-selected', 'data-fresh']);
const FRESH = 8000; // milliseconds a change of somebody else stands out
const held = new Map(); // cell id -> the newer cell that may not be shown yet
const said = document.getElementById('pulse-said');

export function start() {
  document.addEventListener('htmx:before:swap', (event) => {
    const {ctx, tasks} = event.detail;
    if (ctx.pulse && ctx.turn !== lane.turn()) return tasks.splice(0);
    const mine = tasks.filter((task) => table.tBodies[0].contains(task.target));
    const changes = mine.map((task) => [task.target, task.fragment.querySelector('td, th')]).filter(([, fresh]) => fresh);
    if (ctx.pulse) showChanges(changes);
    else for (const [cell, fresh] of changes) answer(cell, fresh);
    for (const task of mine) tasks.splice(tasks.indexOf(task), 1);
  });
}

// The answer to a request of ours. It is newer than anything held back.
function answer(cell, fresh) {
  if (isOpen(cell)) return; // its own request marks it as saving
  release(cell);
  if (cell.dataset.value !== fresh.dataset.value && !isWaiting(cell)) flash(cell);
  lay(cell, fresh);
}

function showChanges(changes) {
  const told = changes.filter(([cell, fresh]) => fresh.dataset.value !== cell.dataset.value && cell.dataset.field);
  for (const [cell, fresh] of changes) {
    if (mayShow(cell)) layFresh(cell, fresh);
    else hold(cell, fresh);
  }
  if (told.length) said.textContent = `${told[0][1].dataset.fresh?.split(',')[0] ?? 'Người khác'} vừa đổi ${told.length} ô.`;
}

const mayShow = (cell) => !isBusyIn(cell) && !isWaiting(cell) && !isOpen(cell);

function layFresh(cell, fresh) {
  const isNew = fresh.dataset.value !== cell.dataset.value, {fresh: words} = fresh.dataset;
  release(cell);
  lay(cell, fresh);
  if (!isNew || !words) return;
  cell.dataset.fresh = words;
  cell.title = `${words} vừa đổi`;
  setTimeout(() => { if (cell.dataset.fresh === words) { delete cell.dataset.fresh; cell.removeAttribute('title'); } }, FRESH);
}

// The user is told, his text stays; when he saves it the server will ask him which one is to stand.
function hold(cell, fresh) {
  if (fresh.dataset.value === cell.dataset.value) return;
  release(cell);
  held.set(cell.id, fresh);
  const note = Object.assign(document.createElement('span'), {className: 'meanwhile'});
  note.textContent = `${fresh.dataset.fresh?.split(',')[0] ?? 'Người khác'} vừa đổi thành “${fresh.dataset.value || '(để trống)'}”.`;
  if (!isOpen(cell)) cell.append(note);
}

export function settleHeld() {
  for (const [id, fresh] of [...held]) {
    const cell = document.getElementById(id);
    if (cell && mayShow(cell)) layFresh(cell, fresh);
  }
}

function release(cell) {
  held.delete(cell.id);
  cell.querySelector('.meanwhile')?.remove();
}

function lay(cell, fresh) {
  for (const {name} of [...cell.attributes]) if (!OWN.has(name) && !fresh.hasAttribute(name)) cell.removeAttribute(name);
  for (const {name, value} of [...fresh.attributes]) if (!OWN.has(name)) cell.setAttribute(name, value);
  for (const node of [...cell.childNodes]) if (!node.matches?.('.cell-input, .fill-handle')) node.remove();
  cell.prepend(...fresh.childNodes);
  for (const link of cell.querySelectorAll('a')) link.tabIndex = -1;
  if (cell.dataset.status) cell.parentElement.dataset.status = cell.dataset.status;
  if (isWaiting(cell)) show(cell, newestText(cell));
  refresh(cell);
}

function flash(cell) {
  cell.classList.remove('just-changed');
  requestAnimationFrame(() => cell.classList.add('just-changed'));
}
