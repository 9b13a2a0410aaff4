// Applies an answer to the table. htmx asks and parses; a cell keeps its element (and the input
// in it, if the user is there), only its marks and its text are exchanged. Three things are never
// replaced: a text that is still waiting to be saved, a choice the user has not made yet, and, by
// somebody else's change, a cell that is being edited.

import {element} from '../elements.js';
import {showText, table} from './cells.js';
import {isOpen} from './cell_status.js';
import {isBusyIn, refresh} from './editor.js';
import * as queue from './request_queue.js';
import {isWaiting, newestText} from './saving.js';

const KEPT_ATTRIBUTES = new Set([
  'tabindex', 'data-active', 'data-editing', 'data-save', 'title', 'class', 'aria-selected',
  'data-fresh',
]);
const KEPT_NODES = '.cell-input, .fill-handle';
const FRESH = 8000; // milliseconds a change of somebody else stands out
const deferred = new Map(); // cell id -> the newer cell that may not be shown yet
const announcer = document.getElementById('pulse-said');

function start() {
  document.addEventListener('htmx:before:swap', (event) => {
    const {ctx, tasks} = event.detail;
    const isOvertaken = ctx.isPoll && ctx.serial !== queue.state.requestsSent;
    if (isOvertaken) tasks.splice(0);
    else takeCells(tasks, ctx.isPoll);
  });
}

// What is for the table is taken out of htmx's tasks and done here.
function takeCells(tasks, isPoll) {
  const ours = tasks.filter((task) => table.tBodies[0].contains(task.target));
  for (const task of ours) tasks.splice(tasks.indexOf(task), 1);
  const pairs = ours.map((task) => [task.target, task.fragment.querySelector('td, th')]);
  const changes = pairs.filter(([, fresh]) => fresh);
  if (isPoll) applyOthers(changes);
  else changes.forEach(([cell, fresh]) => applyAnswer(cell, fresh));
}

// The answer to a request of ours. It is newer than anything deferred.
function applyAnswer(cell, fresh) {
  if (isOpen(cell)) return; // its own request marks it as saving
  release(cell);
  if (isOtherText(cell, fresh) && !isWaiting(cell)) flash(cell);
  apply(cell, fresh);
}

function applyOthers(changes) {
  const changed = changes.filter(([cell, fresh]) => isOtherText(cell, fresh) && cell.dataset.field);
  for (const [cell, fresh] of changes) {
    if (mayShow(cell)) applyFresh(cell, fresh);
    else defer(cell, fresh);
  }
  if (!changed.length) return;
  const [, fresh] = changed[0];
  announcer.textContent = `${authorOf(fresh)} vừa đổi ${changed.length} ô.`;
}

const mayShow = (cell) => !isBusyIn(cell) && !isWaiting(cell) && !isOpen(cell);
const isOtherText = (cell, fresh) => fresh.dataset.value !== cell.dataset.value;
const authorOf = (fresh) => fresh.dataset.fresh?.split(',')[0] ?? 'Người khác';

function applyFresh(cell, fresh) {
  const isNew = isOtherText(cell, fresh);
  const words = fresh.dataset.fresh;
  release(cell);
  apply(cell, fresh);
  if (!isNew || !words) return;
  cell.dataset.fresh = words;
  cell.title = `${words} vừa đổi`;
  setTimeout(() => {
    if (cell.dataset.fresh !== words) return;
    delete cell.dataset.fresh;
    cell.removeAttribute('title');
  }, FRESH);
}

// The user is told, his text stays; when he saves it the server will ask him which one is to
// stand.
function defer(cell, fresh) {
  if (!isOtherText(cell, fresh)) return;
  release(cell);
  deferred.set(cell.id, fresh);
  const text = fresh.dataset.value || '(để trống)';
  const sentence = `${authorOf(fresh)} vừa đổi thành “${text}”.`;
  if (!isOpen(cell)) cell.append(element('span', {className: 'meanwhile', textContent: sentence}));
}

function applyDeferred() {
  for (const [id, fresh] of [...deferred]) {
    const cell = document.getElementById(id);
    if (cell && mayShow(cell)) applyFresh(cell, fresh);
  }
}

function release(cell) {
  deferred.delete(cell.id);
  cell.querySelector('.meanwhile')?.remove();
}

function apply(cell, fresh) {
  applyAttributes(cell, fresh);
  for (const node of [...cell.childNodes]) {
    if (!node.matches?.(KEPT_NODES)) node.remove();
  }
  cell.prepend(...fresh.childNodes);
  for (const link of cell.querySelectorAll('a')) link.tabIndex = -1;
  if (cell.dataset.status) cell.parentElement.dataset.status = cell.dataset.status;
  if (isWaiting(cell)) showText(cell, newestText(cell));
  refresh(cell);
}

function applyAttributes(cell, fresh) {
  const names = cell.getAttributeNames().filter((name) => !KEPT_ATTRIBUTES.has(name));
  for (const name of names) {
    if (!fresh.hasAttribute(name)) cell.removeAttribute(name);
  }
  for (const {name, value} of fresh.attributes) {
    if (!KEPT_ATTRIBUTES.has(name)) cell.setAttribute(name, value);
  }
}

function flash(cell) {
  cell.classList.remove('just-changed');
  requestAnimationFrame(() => cell.classList.add('just-changed'));
}

export {applyDeferred, start};
