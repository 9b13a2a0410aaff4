// The keyboard, after the grid pattern of WAI-ARIA APG and the habits of Excel. While an input method composes
// (isComposing, keyCode 229) no key is ours.

import * as choices from '../choices.js';
import {along, corner, edge, isEditable, mayEdit, neighbour, screenful, table} from './cells.js';
import {clearSelected} from './clipboard.js';
import * as editor from './editor.js';
import {fillDown} from './fill.js';
import {answersOf} from './note.js';
import * as selection from './selection.js';
import {redo, undo} from './steps.js';

export function start() {
  table.addEventListener('keydown', (event) => {
    if (event.isComposing || event.keyCode === 229 || !editor.active) return;
    if (event.target !== editor.input && event.target !== editor.active) return;
    const done = editor.isEditing() ? whileEditing(event) : whileMoving(event);
    if (done) event.preventDefault();
  });
}

const MOVES = {
  ArrowUp: (cell) => neighbour(cell, -1, 0), ArrowDown: (cell) => neighbour(cell, 1, 0),
  ArrowLeft: (cell) => neighbour(cell, 0, -1), ArrowRight: (cell) => neighbour(cell, 0, 1),
  PageUp: (cell) => neighbour(cell, -screenful(), 0), PageDown: (cell) => neighbour(cell, screenful(), 0),
  Home: (cell) => edge(cell, 'start'), End: (cell) => edge(cell, 'end'),
};
const FAR = {
  Home: () => corner('start'), End: () => corner('end'),
  ArrowUp: (cell) => leap(cell, -1, 0), ArrowDown: (cell) => leap(cell, 1, 0),
  ArrowLeft: (cell) => leap(cell, 0, -1), ArrowRight: (cell) => leap(cell, 0, 1),
};

function whileMoving(event) {
  const {key, altKey, shiftKey} = event, far = event.ctrlKey || event.metaKey, cell = editor.active;
  if (altKey) return withAlt(event, cell);
  if (key === 'Tab') return leaveGrid(shiftKey);
  if (key === ' ' && (far || shiftKey)) return act(far && shiftKey ? selection.selectAll : far ? selection.selectColumns : selection.selectRows);
  const move = (far ? FAR : MOVES)[key];
  if (move) return shiftKey ? act(() => selection.extend(move)) : go(move(cell));
  if (far) return withControl(key.toLowerCase(), shiftKey);
  if (key === 'Enter' || key === 'F2') return isEditable(cell) ? begin() : follow(cell);
  if (key === 'Delete' && !shiftKey && mayEdit) return act(clearSelected);
  if (key === 'Escape') return act(selection.clear);
  return false;
}

function withAlt({key}, cell) {
  if (key === 'Enter') return answer(cell);
  if (/^[12]$/.test(key)) return answer(cell, Number(key) - 1);
  return key === 'ArrowDown' && isEditable(cell) ? begin() : false;
}

function withControl(key, shiftKey) {
  if (key === 'a') return act(selection.selectAll);
  if (!mayEdit) return false;
  if (key === 'd') return act(fillDown);
  if (key === 'z') return act(shiftKey ? redo : undo);
  return key === 'y' ? act(redo) : false;
}

// Ctrl+arrow: to the edge of the filled cells, or over a gap to the next filled one, or to the end.
function leap(cell, down, right) {
  const line = [cell];
  for (let next; (next = neighbour(line.at(-1), down, right)) !== line.at(-1);) line.push(next);
  const isFilled = (one) => Boolean(one.dataset.value ?? one.textContent.trim());
  const gap = line.findIndex((one) => !isFilled(one));
  if (gap > 1) return line[gap - 1];
  if (gap < 0) return line.at(-1);
  return line.slice(1).find(isFilled) ?? line.at(-1);
}

function whileEditing(event) {
  const {key, shiftKey} = event, cell = editor.active;
  if (choices.isOpen() && (key === 'ArrowDown' || key === 'ArrowUp')) return act(() => choices.move(key === 'ArrowDown' ? 1 : -1));
  if (key === 'Escape') return act(() => choices.isOpen() ? choices.close() : editor.restore());
  if (key === 'F2') return act(() => editor.commit());
  if (key === 'Enter') return commitAndGo(() => neighbour(cell, shiftKey ? -1 : 1, 0));
  if (key === 'Tab') return commitAndGo(() => along(cell, shiftKey ? -1 : 1));
  if (key === 'ArrowDown' || key === 'ArrowUp') return commitAndGo(() => neighbour(cell, key === 'ArrowDown' ? 1 : -1, 0));
  return false;
}

function commitAndGo(where) {
  const chosen = choices.marked();
  if (chosen !== null) editor.take(chosen);
  const next = where(); // before the commit: a filter or an answer may move rows
  editor.commit();
  if (!next) return false; // past the last cell: Tab leaves the grid
  return go(next);
}

// Tab and Shift+Tab leave: the cell around the input must not catch the focus on its way back.
function leaveGrid(backwards) {
  const cell = editor.active;
  if (backwards && isEditable(cell)) {
    cell.removeAttribute('tabindex');
    setTimeout(() => { cell.tabIndex = 0; });
  }
  return false;
}

const act = (deed) => { deed(); return true; };
const go = (cell) => act(() => { selection.clear(); editor.activate(cell); });
const begin = () => act(() => editor.beginEdit());
const follow = (cell) => act(() => cell.querySelector('a')?.click());
const answer = (cell, which = 0) => act(() => answersOf(cell)[which]?.click());
