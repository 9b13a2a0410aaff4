// What a cell says about its own saving: a sign and a colour (grid.css), and words.

import {table} from './cells.js';
import * as line from './line.js';

const WORDS = {
  saving: 'Đang lưu…', saved: 'Đã lưu', failed: 'Chưa lưu được, sẽ thử lại. Chữ đã gõ vẫn còn đây.', open: 'Chưa lưu: cần xem lại ô này.',
  refused: 'Không lưu được: hồ sơ không còn ở đây, hoặc thầy cô không được sửa.',
};
const TICK = 2500; // milliseconds a tick is shown

export const isOpen = (cell) => cell.dataset.save === 'open';
export const openCells = () => [...table.querySelectorAll('[data-save="open"]')];

export function mark(cell, state) {
  cell.dataset.save = state;
  cell.title = WORDS[state];
  if (state === 'saved') setTimeout(() => { if (cell.dataset.save === 'saved') unmark(cell); }, TICK);
}

export function unmark(cell) {
  delete cell.dataset.save;
  cell.removeAttribute('title');
}

// After the answer: saved, or the user must choose, and the cell itself says between what.
export function markSettled(cell, isStored) {
  mark(cell, isStored ? 'saved' : 'open');
  if (isStored) line.saved();
}
