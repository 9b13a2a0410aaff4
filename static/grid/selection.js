// What is selected: a rectangle between two corners, with the active cell in it. Rows hidden by a filter do not belong.

import {cellOf, frame, isCards, rows, stops, table} from './cells.js';
import * as editor from './editor.js';

const CLASSES = ['sel', 'sel-top', 'sel-right', 'sel-bottom', 'sel-left'];
const said = Object.assign(document.createElement('p'), {className: 'selection-said'});
let range = null; // {active, from, to}; it ends as soon as another cell is the active one
let painted = [];

export const column = (cell) => stops(cell.parentElement).indexOf(cell);
export const isField = (cell) => cell.hasAttribute('data-field');
const fields = (row) => stops(row).filter(isField);
const isShown = (cell) => cell.isConnected && !cell.parentElement.hidden;

function ends() {
  const {active} = editor;
  return range?.active === active && isShown(range.from) && isShown(range.to) ? range : {from: active, to: active};
}

// The selected cells, row by row; without a selection the active cell alone.
export function block() {
  if (!editor.active) return [];
  const {from, to} = ends();
  return rectangle(from, to);
}

export function rectangle(from, to) {
  const all = rows();
  const [top, bottom] = inOrder(all.indexOf(from.parentElement), all.indexOf(to.parentElement));
  const [left, right] = inOrder(column(from), column(to));
  return all.slice(top, bottom + 1).map((row) => stops(row).slice(left, right + 1));
}

export const isMany = () => block().flat().length > 1;

export function select(from, to, {reveal = false} = {}) {
  range = {active: editor.active, from, to};
  if (reveal) to.scrollIntoView({block: 'nearest', inline: 'nearest'});
  paint();
  const lines = block();
  tell(isMany() ? `Đã chọn ${lines.length} × ${lines[0].length} ô` : '');
}

export function clear() {
  if (!range) return;
  range = null;
  tell('');
  paint();
}

export function extend(step) {
  const {from, to} = ends();
  select(from, step(to), {reveal: true});
}

export function selectRows() {
  const {from, to} = ends();
  select(fields(from.parentElement)[0], fields(to.parentElement).at(-1));
}

export function selectColumns() {
  const {from, to} = ends(), all = rows();
  select(stops(all[0])[column(from)], stops(all.at(-1))[column(to)]);
}

export function selectAll() {
  select(fields(rows()[0])[0], fields(rows().at(-1)).at(-1));
}

function tell(text) {
  if (said.textContent !== text) said.textContent = text;
}

function paint() {
  const lines = block(), many = lines.flat().length > 1, fresh = new Set(lines.flat());
  for (const cell of painted) {
    cell.classList.remove(...CLASSES);
    if (!fresh.has(cell)) cell.setAttribute('aria-selected', 'false');
  }
  lines.forEach((line, y) => line.forEach((cell, x) => {
    cell.setAttribute('aria-selected', 'true');
    if (!many) return;
    const at = [true, y === 0, x === line.length - 1, y === lines.length - 1, x === 0];
    cell.classList.add(...CLASSES.filter((_, n) => at[n]));
  }));
  painted = [...fresh];
  table.dispatchEvent(new Event('selected'));
}

// Follows a pressed pointer over the cells; at the edges the table scrolls along.
export function track(reach, done = () => {}) {
  let point = null, last = null;
  const look = () => {
    const cell = point && cellOf(under(point));
    if (!cell || cell === last) return;
    last = cell;
    reach(cell);
  };
  const move = (event) => { point = event; look(); };
  const end = (event) => {
    for (const name of ['pointerup', 'pointercancel']) document.removeEventListener(name, end);
    document.removeEventListener('pointermove', move);
    clearInterval(timer);
    table.classList.remove('dragging');
    done(event.type === 'pointerup');
  };
  const timer = setInterval(() => { if (point) { scrollAlong(point); look(); } }, 60);
  table.classList.add('dragging');
  document.addEventListener('pointermove', move);
  for (const name of ['pointerup', 'pointercancel']) document.addEventListener(name, end);
}

const EDGE = 12; // pixels
function inside() {
  const box = frame.getBoundingClientRect();
  return {left: box.left + EDGE, right: box.right - EDGE, top: box.top + table.tHead.offsetHeight + EDGE, bottom: Math.min(box.bottom, innerHeight) - EDGE};
}

function under({clientX, clientY}) {
  const {left, right, top, bottom} = inside(), between = (n, low, high) => Math.max(low, Math.min(n, high));
  return document.elementFromPoint(between(clientX, left, right), between(clientY, top, bottom));
}

function scrollAlong({clientX, clientY}) {
  const {left, right, top, bottom} = inside();
  const down = (clientY > bottom) - (clientY < top), across = (clientX > right) - (clientX < left);
  if (!down && !across) return;
  frame.scrollIntoView({block: 'nearest'});
  frame.scrollBy(60 * across, 40 * down);
}

function pressed(event) {
  if (event.button !== 0 || event.pointerType === 'touch' || isCards()) return;
  if (event.target.closest('a, button, .why, .fill-handle')) return;
  const cell = cellOf(event.target);
  if (!cell || (cell === editor.active && editor.isEditing())) return;
  if (!event.shiftKey) {
    clear(); // a plain press leaves one cell, also where it meets the active one
    return track((other) => (range || other !== cell) && select(cell, other));
  }
  event.preventDefault();
  event.stopImmediatePropagation(); // the active cell stays the active one
  editor.commit();
  editor.activate(editor.active, {reveal: false});
  select(ends().from, cell);
  track((other) => select(ends().from, other));
}

// A click on the heading takes the column, one on the number of the row takes the row; with Shift as far as there.
function headed(event) {
  if (event.target.closest('a, button') || isCards()) return;
  const head = event.target.closest('thead [data-of]'), number = event.target.closest('tbody td.stt');
  const row = number?.parentElement ?? rows()[0];
  const cell = head ? row?.querySelector(`[data-field="${head.dataset.of}"]`) : number && fields(row)[0];
  if (!cell) return;
  if (event.shiftKey) select(ends().from, cell);
  else editor.activate(cell, {reveal: false});
  if (head) selectColumns();
  else selectRows();
}

// After focus came to another cell: nothing else is selected, and the page remembers where one was.
function follow() {
  if (range && range.active !== editor.active) clear();
  paint();
  try {
    sessionStorage.setItem(`cell ${location.pathname}`, editor.active?.id ?? '');
  } catch { /* no storage: the first cell it is */ }
}

function lastUsed() {
  try {
    return document.getElementById(sessionStorage.getItem(`cell ${location.pathname}`));
  } catch { return null; }
}

export function start() {
  table.setAttribute('aria-multiselectable', 'true');
  for (const cell of [...table.tBodies[0].rows].flatMap(stops)) cell.setAttribute('aria-selected', 'false');
  said.setAttribute('role', 'status');
  frame.after(said);
  table.addEventListener('pointerdown', pressed, true);
  table.addEventListener('click', headed);
  table.addEventListener('click', (event) => { if (event.pointerType === 'touch' && cellOf(event.target)) clear(); });
  table.addEventListener('focusin', follow);
  document.addEventListener('htmx:after:swap', paint);
  const cell = cellOf(lastUsed());
  if (cell && isShown(cell)) editor.activate(cell, {focus: false});
  paint();
}

const inOrder = (one, other) => one <= other ? [one, other] : [other, one];
