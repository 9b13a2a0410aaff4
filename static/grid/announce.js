// What a screen reader is told, politely: which cell was saved and what is still wrong there. The eye has the signs.

import {labelOf, mayEdit, table} from './cells.js';

const place = document.getElementById('grid-said');
const OUTCOMES = {saved: 'đã lưu', open: 'chưa lưu, cần chọn lại', failed: 'chưa lưu được, sẽ thử lại', refused: 'không lưu được'};
const told = new Map(); // cell -> the outcome to be told
let timer = 0;

export function say(sentence) {
  place.textContent = '';
  setTimeout(() => { place.textContent = sentence; }, 50); // the same words again are said again
}

function heard(changes) {
  for (const {target} of changes) {
    if (OUTCOMES[target.dataset.save]) told.set(target, target.dataset.save);
  }
  clearTimeout(timer);
  if (told.size) timer = setTimeout(tellAll, 150);
}

function tellAll() {
  const cells = [...told];
  told.clear();
  if (cells.length < 3) say(cells.map(([cell, outcome]) => sentence(cell, outcome)).join(' '));
  else say(`${cells.filter(([, outcome]) => outcome === 'saved').length}/${cells.length} ô đã lưu.`);
}

function sentence(cell, outcome) {
  const notes = [...cell.querySelectorAll('.why > .error, .why > .warning')].map((note) => note.textContent.trim());
  const errors = cell.querySelectorAll('.why > .error').length;
  if (outcome === 'open') return `${labelOf(cell)}: ${OUTCOMES[outcome]}. ${cell.querySelector('.why')?.firstChild.textContent.trim() ?? ''}`;
  const left = notes.length ? `, còn ${errors ? `${errors} lỗi` : 'điều cần xem'}: ${notes.join(' ')}` : '.';
  const repaired = cell.querySelector('.why > .repaired')?.textContent.trim() ?? '';
  return `${labelOf(cell)}: ${OUTCOMES[outcome]}${left} ${repaired}`.trim();
}

export function start() {
  if (mayEdit) new MutationObserver(heard).observe(table.tBodies[0], {subtree: true, attributeFilter: ['data-save']});
}
