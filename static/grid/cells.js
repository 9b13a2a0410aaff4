// Where things are in the table: rows, cells, neighbours; what a cell shows. No events here.

import {element, root} from '../elements.js';

const table = document.querySelector('table[role="grid"]');
const frame = table?.closest('.grid-frame');
const mayEdit = table?.dataset.mayEdit === 'yes';
const tableId = table?.dataset.classId;
const tableUrl = tableId === 'staff' ? `${root}/staff` : `${root}/classes/${tableId}`;
const FOCUSABLE = '[data-field], .state';
const LONG_NAME = 17; // characters that fit into its column; as in _cell.html
const NOT_TEXT = '.why, .meanwhile, .cell-input, .fill-handle';

const allRows = () => [...table.tBodies[0].rows];
const shownRows = () => allRows().filter((row) => !row.hidden);
const focusableCells = (row) => [...row.cells].filter((cell) => cell.matches(FOCUSABLE));
const isField = (cell) => cell.hasAttribute('data-field');
const isEditable = (cell) => mayEdit && isField(cell);
const isCards = () => getComputedStyle(table).display !== 'table';
const columnOf = (cell) => focusableCells(cell.parentElement).indexOf(cell);
const headOf = (field) => table.querySelector(`thead [data-of="${field}"]`);
const personOf = (cell) => cell.parentElement.dataset.personId;

function cellOf(node) {
  const cell = node instanceof Element ? node.closest('td, th') : null;
  return cell && table.tBodies[0].contains(cell) && cell.matches(FOCUSABLE) ? cell : null;
}

function firstCell() {
  const [row] = shownRows();
  return row ? focusableCells(row)[0] : null;
}

function neighbour(cell, down, right) {
  const rows = shownRows();
  const row = rows[clamp(rows.indexOf(cell.parentElement) + down, rows.length)];
  if (!row) return cell;
  const cells = focusableCells(row);
  return cells[clamp(columnOf(cell) + right, cells.length)];
}

const clamp = (index, length) => Math.max(0, Math.min(index, length - 1));
const edgeOfRow = (cell, side) => focusableCells(cell.parentElement).at(side);
const corner = (side) => focusableCells(shownRows().at(side)).at(side); // 0: first, -1: last

function rowsPerScreen() {
  const height = shownRows()[0]?.offsetHeight || 36;
  return Math.max(1, Math.floor(frame.clientHeight / height) - 2);
}

// In reading order: past the end of a row comes the first one of the next row.
function nextEditable(cell, direction) {
  const cells = shownRows().flatMap(focusableCells).filter(isEditable);
  return cells[cells.indexOf(cell) + direction] ?? null;
}

function labelOf(cell) {
  const name = table.querySelector(`#${cell.parentElement.id} [data-field="full_name"]`);
  return `${cell.dataset.label ?? ''}, ${name?.dataset.value ?? ''}`;
}

function showText(cell, text) {
  const isText = (node) => !(node instanceof Element && node.matches(NOT_TEXT));
  for (const node of [...cell.childNodes].filter(isText)) node.remove();
  cell.prepend(...drawn(cell.dataset.field, text));
}

// The number is grouped 3-1-2-6 for the eye only: its text stays twelve digits.
function drawn(field, text) {
  if (field === 'full_name' && text) return [drawnName(text)];
  if (field !== 'identity_number') return [text];
  const groups = /^([0-9]{3})([0-9])([0-9]{2})([0-9]{6})$/.exec(text);
  if (!groups) return [text];
  return groups.slice(1).map((digits) => element('i', {textContent: digits}));
}

// The given name comes last and stays in sight; what is before it gives way first.
function drawnName(text) {
  const given = text.split(' ').at(-1);
  const before = text.slice(0, -given.length).trimEnd();
  const className = text.length > LONG_NAME ? 'name long' : 'name';
  const name = element('span', {className, title: text});
  name.append(element('span', {textContent: before}), ' ', element('span', {textContent: given}));
  return name;
}

export {
  allRows, cellOf, columnOf, corner, edgeOfRow, firstCell, focusableCells, frame, headOf, isCards,
  isEditable, isField, labelOf, mayEdit, neighbour, nextEditable, personOf, rowsPerScreen, showText,
  shownRows, table, tableId, tableUrl,
};
