// What becomes of a cell's text, said by the cell itself: a sign and a colour (grid.css), a
// title, and politely to a screen reader, which also hears what is still wrong there.

import {labelOf, mayEdit, table} from './cells.js';

const TITLES = {
  saving: 'Đang lưu…',
  saved: 'Đã lưu',
  failed: 'Chưa lưu được, sẽ thử lại. Chữ đã gõ vẫn còn đây.',
  open: 'Chưa lưu: cần xem lại ô này.',
  refused: 'Không lưu được: hồ sơ không còn ở đây, hoặc thầy cô không được sửa.',
};
const OUTCOMES = {
  saved: 'đã lưu',
  open: 'chưa lưu, cần chọn lại',
  failed: 'chưa lưu được, sẽ thử lại',
  refused: 'không lưu được',
};
const TICK = 2500; // milliseconds a tick is shown
const announcer = document.getElementById('grid-said');
const outcomes = new Map(); // cell -> the outcome to be announced
let timer = 0;

const isOpen = (cell) => cell.dataset.save === 'open';
const openCells = () => [...table.querySelectorAll('[data-save="open"]')];

function mark(cell, state) {
  cell.dataset.save = state;
  cell.title = TITLES[state];
  if (state !== 'saved') return;
  setTimeout(() => {
    if (cell.dataset.save === 'saved') unmark(cell);
  }, TICK);
}

function unmark(cell) {
  delete cell.dataset.save;
  cell.removeAttribute('title');
}

function announce(sentence) {
  announcer.textContent = '';
  // only a change is read out: the same words again need the gap
  setTimeout(() => {
    announcer.textContent = sentence;
  }, 50);
}

function collectOutcomes(changes) {
  for (const {target} of changes) {
    const {save} = target.dataset;
    if (OUTCOMES[save]) outcomes.set(target, save);
  }
  clearTimeout(timer);
  if (outcomes.size) timer = setTimeout(announceOutcomes, 150);
}

function announceOutcomes() {
  const cells = [...outcomes];
  outcomes.clear();
  if (cells.length < 3) return announce(cells.map(sentenceFor).join(' '));
  const saved = cells.filter(([, outcome]) => outcome === 'saved');
  announce(`${saved.length}/${cells.length} ô đã lưu.`);
}

function sentenceFor([cell, outcome]) {
  const beginning = `${labelOf(cell)}: ${OUTCOMES[outcome]}`;
  if (outcome === 'open') {
    const reason = cell.querySelector('.why')?.firstChild.textContent.trim() ?? '';
    return `${beginning}. ${reason}`;
  }
  const repaired = textsIn(cell, '.why > .repaired');
  const problems = textsIn(cell, '.why > .error, .why > .warning');
  if (!problems.length) return [`${beginning}.`, ...repaired].join(' ');
  const errors = cell.querySelectorAll('.why > .error').length;
  const kind = errors ? `${errors} lỗi` : 'điều cần xem';
  return [`${beginning}, còn ${kind}:`, ...problems, ...repaired].join(' ');
}

function textsIn(cell, selector) {
  return [...cell.querySelectorAll(selector)].map((note) => note.textContent.trim());
}

function start() {
  if (!mayEdit) return;
  const observer = new MutationObserver(collectOutcomes);
  observer.observe(table.tBodies[0], {subtree: true, attributeFilter: ['data-save']});
}

export {announce, isOpen, mark, openCells, start, unmark};
