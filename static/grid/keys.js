// The keyboard, after the grid pattern of WAI-ARIA APG and the habits of Excel. While an input
// method composes (isComposing, keyCode 229) no key is ours. Each function returns whether it
// took the key.

import * as choices from '../choices.js';
import {
  corner, edgeOfRow, isEditable, mayEdit, neighbour, nextEditable, rowsPerScreen, table,
} from './cells.js';
import * as editor from './editor.js';
import {clearSelected, fillDown, redo, undo} from './grid_actions.js';
import {answersOf} from './popover.js';
import * as selection from './selection.js';

const ARROWS = {ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1]};
const MOVES = {
  PageUp: (cell) => neighbour(cell, -rowsPerScreen(), 0),
  PageDown: (cell) => neighbour(cell, rowsPerScreen(), 0),
  Home: (cell) => edgeOfRow(cell, 0),
  End: (cell) => edgeOfRow(cell, -1),
};
const MOVES_WITH_CONTROL = {
  Home: () => corner(0),
  End: () => corner(-1),
};
for (const [key, [down, right]] of Object.entries(ARROWS)) {
  MOVES[key] = (cell) => neighbour(cell, down, right);
  MOVES_WITH_CONTROL[key] = (cell) => leap(cell, down, right);
}

function start() {
  table.addEventListener('keydown', (event) => {
    const cell = editor.activeCell();
    if (event.isComposing || event.keyCode === 229 || !cell) return;
    if (event.target !== editor.input && event.target !== cell) return;
    const isTaken = editor.isEditing() ? whileEditing(event, cell) : whileMoving(event, cell);
    if (isTaken) event.preventDefault();
  });
}

function whileMoving(event, cell) {
  const {key, shiftKey} = event;
  const withControl = event.ctrlKey || event.metaKey;
  if (event.altKey) return onAlt(key, cell);
  if (key === 'Tab') return leaveGrid(cell, shiftKey);
  if (key === ' ' && (withControl || shiftKey)) return selectLines(withControl, shiftKey);
  const move = (withControl ? MOVES_WITH_CONTROL : MOVES)[key];
  if (move && shiftKey) return act(() => selection.extend(move));
  if (move) return goTo(move(cell));
  if (withControl) return onControl(key.toLowerCase(), shiftKey);
  if (key === 'Enter' || key === 'F2') return isEditable(cell) ? beginEdit() : followLink(cell);
  if (key === 'Delete' && !shiftKey && mayEdit) return act(clearSelected);
  if (key === 'Escape') return act(selection.clear);
  return false;
}

function onAlt(key, cell) {
  if (key === 'Enter') return pressAnswer(cell, 0);
  if (key === '1' || key === '2') return pressAnswer(cell, Number(key) - 1);
  return key === 'ArrowDown' && isEditable(cell) ? beginEdit() : false;
}

function selectLines(withControl, shiftKey) {
  if (withControl && shiftKey) return act(selection.selectAll);
  return act(withControl ? selection.selectColumns : selection.selectRows);
}

function onControl(key, shiftKey) {
  if (key === 'a') return act(selection.selectAll);
  if (!mayEdit) return false;
  if (key === 'd') return act(fillDown);
  if (key === 'z') return act(shiftKey ? redo : undo);
  return key === 'y' ? act(redo) : false;
}

// Ctrl+arrow: to the edge of the filled cells, or over a gap to the next filled one, or to the
// end.
function leap(cell, down, right) {
  const line = lineFrom(cell, down, right);
  const gap = line.findIndex((other) => !isFilled(other));
  if (gap > 1) return line[gap - 1];
  if (gap < 0) return line.at(-1);
  return line.slice(1).find(isFilled) ?? line.at(-1);
}

function lineFrom(cell, down, right) {
  const line = [cell];
  let next = neighbour(cell, down, right);
  while (next !== line.at(-1)) {
    line.push(next);
    next = neighbour(next, down, right);
  }
  return line;
}

const isFilled = (cell) => Boolean(cell.dataset.value ?? cell.textContent.trim());

function whileEditing({key, shiftKey}, cell) {
  const isArrow = key === 'ArrowDown' || key === 'ArrowUp';
  const direction = key === 'ArrowUp' || shiftKey ? -1 : 1;
  if (isArrow && choices.isOpen()) return act(() => choices.move(key === 'ArrowUp' ? -1 : 1));
  if (key === 'Escape') return act(choices.isOpen() ? choices.close : editor.restore);
  if (key === 'F2') return act(editor.commit);
  if (key === 'Tab') return commitAndGo(() => nextEditable(cell, direction));
  if (key === 'Enter') return commitAndGo(() => neighbour(cell, direction, 0));
  if (isArrow) return commitAndGo(() => MOVES[key](cell));
  return false;
}

function commitAndGo(findNext) {
  const choice = choices.marked();
  if (choice !== null) editor.take(choice);
  const next = findNext(); // before the commit: a filter or an answer may move rows
  editor.commit();
  if (!next) return false; // past the last cell: Tab leaves the grid
  return goTo(next);
}

// Tab and Shift+Tab leave: the cell around the input must not catch the focus on its way back.
function leaveGrid(cell, isBackwards) {
  if (!isBackwards || !isEditable(cell)) return false;
  cell.removeAttribute('tabindex');
  setTimeout(() => {
    cell.tabIndex = 0;
  });
  return false;
}

function act(action) {
  action();
  return true;
}

function goTo(cell) {
  selection.clear();
  editor.activate(cell);
  return true;
}

const beginEdit = () => act(() => editor.beginEdit());
const followLink = (cell) => act(() => cell.querySelector('a')?.click());
const pressAnswer = (cell, index) => act(() => answersOf(cell)[index]?.click());

export {start};
