// The sentence about a cell (error, warning, conflict) beside the cell, and its one-click answers.

import {placeAt} from '../float.js';
import {frame, isCards, table} from './cells.js';

let shown = null;

export function placeNote(cell) {
  shown = cell;
  if (isCards()) return;
  for (const note of cell.querySelectorAll('.why, .meanwhile')) placeAt(note, cell);
}

export const answersOf = (cell) => [...cell.querySelectorAll('.why button[data-use]')];

export function start(put) {
  // Keeping the focus in the grid while a button of the note is pressed.
  table.addEventListener('pointerdown', (event) => { if (event.target.closest('.why')) event.preventDefault(); });
  table.addEventListener('click', (event) => {
    const button = event.target.closest('.why button[data-use]');
    if (button) put(button.closest('td'), button.dataset.use, {always: true});
  });
}

export function follow() {
  const again = () => { if (shown?.isConnected) placeNote(shown); };
  frame.addEventListener('scroll', again, {passive: true});
  addEventListener('scroll', again, {passive: true});
  addEventListener('resize', again);
  addEventListener('pointerup', again); // notes are hidden while a selection is drawn
}
