// The keyboard, after the grid pattern of WAI-ARIA APG and the habits of Excel. While an input method composes
// (isComposing, keyCode 229) no key is ours.

import * as choices from '../choices.js';
import {along, corner, edge, isEditable, neighbour, screenful, table} from './cells.js';
import * as editor from './editor.js';
import {answersOf} from './note.js';

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
const FAR = {Home: () => corner('start'), End: () => corner('end')};

function whileMoving(event) {
  const {key, ctrlKey, metaKey, altKey, shiftKey} = event, cell = editor.active;
  if (altKey && key === 'Enter') return answer(cell);
  if (altKey && /^[12]$/.test(key)) return answer(cell, Number(key) - 1);
  if (altKey && key === 'ArrowDown' && isEditable(cell)) return begin();
  if (altKey) return false;
  if (key === 'Tab') return leaveGrid(shiftKey);
  if ((ctrlKey || metaKey) && FAR[key]) return go(FAR[key]());
  if (ctrlKey || metaKey || (shiftKey && key !== 'Enter')) return false;
  if (MOVES[key]) return go(MOVES[key](cell));
  if (key === 'Enter' || key === 'F2') return isEditable(cell) ? begin() : follow(cell);
  if (key === 'Delete' && isEditable(cell)) return clear(cell);
  return false;
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
const go = (cell) => act(() => editor.activate(cell));
const begin = () => act(() => editor.beginEdit());
const clear = (cell) => act(() => editor.put(cell, ''));
const follow = (cell) => act(() => cell.querySelector('a')?.click());
const answer = (cell, which = 0) => act(() => answersOf(cell)[which]?.click());
