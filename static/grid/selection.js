// What is selected: a rectangle between two corners, with the active cell in it. Rows hidden by a
// filter do not belong.

import {
  allRows, cellOf, columnOf, focusableCells, frame, isCards, isField, shownRows, table,
} from './cells.js';
import * as editor from './editor.js';

const CLASSES = ['sel', 'sel-top', 'sel-right', 'sel-bottom', 'sel-left'];
const EDGE = 12; // pixels
const announcer = document.querySelector('.selection-said');
let range = null; // {active, from, to}; it ends as soon as another cell is the active one
let painted = [];

const fields = (row) => focusableCells(row).filter(isField);
const isShown = (cell) => cell.isConnected && !cell.parentElement.hidden;

function ends() {
  const active = editor.activeCell();
  const holds = range?.active === active && isShown(range.from) && isShown(range.to);
  return holds ? range : {from: active, to: active};
}

// The selected cells, row by row; without a selection the active cell alone.
function block() {
  if (!editor.activeCell()) return [];
  const {from, to} = ends();
  return rectangle(from, to);
}

function rectangle(from, to) {
  const rows = shownRows();
  const [top, bottom] = inOrder(rows.indexOf(from.parentElement), rows.indexOf(to.parentElement));
  const [left, right] = inOrder(columnOf(from), columnOf(to));
  return rows.slice(top, bottom + 1).map((row) => focusableCells(row).slice(left, right + 1));
}

const inOrder = (one, other) => one <= other ? [one, other] : [other, one];
const isMany = () => block().flat().length > 1;

function select(from, to, {reveal = false} = {}) {
  range = {active: editor.activeCell(), from, to};
  if (reveal) to.scrollIntoView({block: 'nearest', inline: 'nearest'});
  paint();
  const lines = block();
  announce(isMany() ? `Đã chọn ${lines.length} × ${lines[0].length} ô` : '');
}

function clear() {
  if (!range) return;
  range = null;
  announce('');
  paint();
}

function extend(step) {
  const {from, to} = ends();
  select(from, step(to), {reveal: true});
}

function selectRows() {
  const {from, to} = ends();
  select(fields(from.parentElement)[0], fields(to.parentElement).at(-1));
}

function selectColumns() {
  const {from, to} = ends();
  const rows = shownRows();
  const top = focusableCells(rows[0])[columnOf(from)];
  const bottom = focusableCells(rows.at(-1))[columnOf(to)];
  select(top, bottom);
}

function selectAll() {
  const rows = shownRows();
  select(fields(rows[0])[0], fields(rows.at(-1)).at(-1));
}

function announce(text) {
  if (announcer.textContent !== text) announcer.textContent = text;
}

function paint() {
  const lines = block();
  const cells = lines.flat();
  const selected = new Set(cells);
  for (const cell of painted) {
    cell.classList.remove(...CLASSES);
    if (!selected.has(cell)) cell.setAttribute('aria-selected', 'false');
  }
  for (const cell of cells) cell.setAttribute('aria-selected', 'true');
  if (cells.length > 1) paintBorders(lines);
  painted = cells;
  table.dispatchEvent(new Event('selected'));
}

function paintBorders(lines) {
  lines.forEach((line, y) => line.forEach((cell, x) => {
    cell.classList.add('sel');
    cell.classList.toggle('sel-top', y === 0);
    cell.classList.toggle('sel-right', x === line.length - 1);
    cell.classList.toggle('sel-bottom', y === lines.length - 1);
    cell.classList.toggle('sel-left', x === 0);
  }));
}

// Follows a pressed pointer over the cells; at the edges the table scrolls along.
function track(onReach, onEnd = () => {}) {
  let point = null;
  let reached = null;
  const look = () => {
    const cell = point && cellOf(elementUnder(point));
    if (!cell || cell === reached) return;
    reached = cell;
    onReach(cell);
  };
  const move = (event) => {
    point = event;
    look();
  };
  const timer = setInterval(() => {
    if (!point) return;
    scrollAlong(point);
    look();
  }, 60);
  const end = (event) => {
    for (const name of ['pointerup', 'pointercancel']) document.removeEventListener(name, end);
    document.removeEventListener('pointermove', move);
    clearInterval(timer);
    table.classList.remove('dragging');
    onEnd(event.type === 'pointerup');
  };
  table.classList.add('dragging');
  document.addEventListener('pointermove', move);
  for (const name of ['pointerup', 'pointercancel']) document.addEventListener(name, end);
}

function insideOfFrame() {
  const box = frame.getBoundingClientRect();
  return {
    left: box.left + EDGE,
    right: box.right - EDGE,
    top: box.top + table.tHead.offsetHeight + EDGE,
    bottom: Math.min(box.bottom, innerHeight) - EDGE,
  };
}

function elementUnder({clientX, clientY}) {
  const {left, right, top, bottom} = insideOfFrame();
  const between = (value, low, high) => Math.max(low, Math.min(value, high));
  return document.elementFromPoint(between(clientX, left, right), between(clientY, top, bottom));
}

function scrollAlong({clientX, clientY}) {
  const {left, right, top, bottom} = insideOfFrame();
  const down = (clientY > bottom) - (clientY < top);
  const across = (clientX > right) - (clientX < left);
  if (!down && !across) return;
  frame.scrollIntoView({block: 'nearest'});
  frame.scrollBy(60 * across, 40 * down);
}

function onPointerDown(event) {
  if (event.button !== 0 || event.pointerType === 'touch' || isCards()) return;
  if (event.target.closest('a, button, .why, .fill-handle')) return;
  const cell = cellOf(event.target);
  if (!cell || editor.isBusyIn(cell)) return;
  if (event.shiftKey) extendTo(cell, event);
  else beginAt(cell);
}

function beginAt(cell) {
  clear(); // a plain press leaves one cell, also where it meets the active one
  track((other) => {
    if (range || other !== cell) select(cell, other);
  });
}

function extendTo(cell, event) {
  event.preventDefault();
  event.stopImmediatePropagation(); // the active cell stays the active one
  editor.commit();
  editor.focusAgain();
  select(ends().from, cell);
  track((other) => select(ends().from, other));
}

// A click on the heading takes the column, one on the number of the row takes the row; with Shift
// as far as there.
function onHeadingClick(event) {
  if (event.target.closest('a, button') || isCards()) return;
  const heading = event.target.closest('thead [data-of]');
  const cell = heading ? topOfColumn(heading) : startOfRow(event.target.closest('tbody td.stt'));
  if (!cell) return;
  if (event.shiftKey) select(ends().from, cell);
  else editor.activate(cell, {reveal: false});
  if (heading) selectColumns();
  else selectRows();
}

const topOfColumn = ({dataset}) => shownRows()[0]?.querySelector(`[data-field="${dataset.of}"]`);
const startOfRow = (number) => number && fields(number.parentElement)[0];

// After focus came to another cell: nothing else is selected, and the page remembers where one
// was.
function onFocus() {
  const active = editor.activeCell();
  if (range && range.active !== active) clear();
  paint();
  try {
    sessionStorage.setItem(`cell ${location.pathname}`, active?.id ?? '');
  } catch { /* no storage: the first cell it is */ }
}

function lastUsedCell() {
  try {
    return cellOf(document.getElementById(sessionStorage.getItem(`cell ${location.pathname}`)));
  } catch {
    return null;
  }
}

function start() {
  table.setAttribute('aria-multiselectable', 'true');
  for (const cell of allRows().flatMap(focusableCells)) cell.setAttribute('aria-selected', 'false');
  table.addEventListener('pointerdown', onPointerDown, true);
  table.addEventListener('click', onHeadingClick);
  table.addEventListener('click', (event) => {
    if (event.pointerType === 'touch' && cellOf(event.target)) clear();
  });
  table.addEventListener('focusin', onFocus);
  document.addEventListener('htmx:after:swap', paint);
  const cell = lastUsedCell();
  if (cell && isShown(cell)) editor.activate(cell, {focus: false});
  paint();
}

export {
  block, clear, extend, isMany, rectangle, select, selectAll, selectColumns, selectRows, start,
  track,
};
