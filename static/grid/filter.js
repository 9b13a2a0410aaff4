// Which rows are shown: search without diacritics, a status, rows that need work, one reason. A
// row just put right stays until the filter is applied again. The page holds all rows, and an
// address with the same words shows the same rows. F8 goes through the cells that need work,
// among the rows shown.

import {button} from '../elements.js';
import {hasEveryWord} from '../folding.js';
import {allRows, firstCell, frame, isCards, shownRows, table} from './cells.js';
import {announce} from './cell_status.js';
import * as editor from './editor.js';
import {report} from './grid_actions.js';
import {placeHeader} from './sticky_header.js';

const onlyProblems = document.getElementById('only-problems');
const search = document.getElementById('search');
const status = document.getElementById('status');
const summary = document.getElementById('rows-shown');
const noRows = document.getElementById('no-rows');
const NEEDS_WORK = [
  '[data-problem]', '[data-conflict]', '[data-refused]',
  '[data-save="failed"]', '[data-save="refused"]',
  '.state[data-status="mismatch"]', '.state[data-status="not_found"]',
  '.state[data-status="rejected"]',
].join(', ');
let reason = table?.dataset.reason ?? '';
// error or warning; the address says ?problems=1 for the box of that name
let level = table?.dataset.show ?? '';
if (level === '1') level = '';
let owing = table?.dataset.owing === '1'; // only who owes papers

function apply() {
  for (const row of allRows()) row.hidden = !matches(row);
  noRows.hidden = shownRows().length > 0;
  summarise();
  markLinks();
  const isHidden = editor.activeCell()?.parentElement.hidden;
  if (isHidden) editor.activate(firstCell(), {focus: false});
}

// On a phone from the first card on, wherever the page stood.
function applyFromTop() {
  apply();
  placeHeader();
  if (isCards()) frame.scrollIntoView();
}

function matches(row) {
  const query = search.value.trim();
  if (onlyProblems.checked && !row.querySelector(NEEDS_WORK)) return false;
  if (owing && !row.dataset.owes) return false;
  if (level && !hasProblem(row, level)) return false;
  if (reason && !hasReason(row)) return false;
  if (status.value && row.dataset.status !== status.value) return false;
  return !query || hasEveryWord(textOf(row), query);
}

// A cell with an error may hold a warning too.
function hasProblem(row, wanted) {
  return row.querySelector(`td[data-problem="${wanted}"], .why .${wanted}`) !== null;
}

function hasReason(row) {
  if (row.dataset.status === reason) return true;
  return row.querySelector(`td[data-reason~="${reason}"]`) !== null;
}

function textOf(row) {
  return [...row.querySelectorAll('[data-value]')].map((cell) => cell.dataset.value).join(' ');
}

function isFiltered() {
  const isByHand = status.value || search.value.trim();
  return Boolean(onlyProblems.checked || reason || level || owing || isByHand);
}

// How many rows are shown, and what was put right since: those rows still stand there, and one
// click takes them away.
function summarise() {
  const total = allRows().length;
  const shown = shownRows();
  const done = shown.filter((row) => !matches(row));
  const name = isFiltered() ? nameOfReason() : '';
  summary.hidden = !isFiltered() && shown.length === total;
  const lead = name ? `${name}: ` : '';
  const words = `${lead}${shown.length}/${total} dòng `;
  const again = button(`Lọc lại (${done.length} dòng đã xong)`, apply, 'quiet small');
  const everything = button('Hiện cả bảng', showEverything, 'quiet small');
  summary.replaceChildren(words, done.length ? again : '', everything);
}

function nameOfReason() {
  const counter = document.querySelector(`#counters [data-reason="${reason}"]`);
  return counter?.firstChild.textContent.trim() ?? '';
}

function clear() {
  reason = '';
  owing = false;
  level = '';
  status.value = '';
  search.value = '';
  onlyProblems.checked = false;
}

function showEverything() {
  clear();
  apply();
}

// A count is a link: it shows its rows and goes to the first of its cells. Pressed again it shows
// everything, and so do the links that say so.
function onLinkClick(event) {
  const link = event.target.closest('#counters a, #rows-shown a, #no-rows a');
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const isCounter = link.closest('#counters') !== null;
  if (!isCounter || isCurrent(link)) return showEverything();
  clear();
  const {reason: wanted = '', show = ''} = link.dataset;
  if (show === 'verified') {
    status.value = show;
  } else {
    reason = wanted;
    level = show;
  }
  apply();
  const cell = table.querySelector(`tr:not([hidden]) ${selectorFor(wanted, show)}`);
  if (cell) editor.activate(cell);
}

function selectorFor(wanted, show) {
  if (show === 'verified') return '.state';
  if (show) return `td[data-problem="${show}"]`;
  return `:is(td[data-reason~="${wanted}"], .state[data-status="${wanted}"])`;
}

function isCurrent({dataset}) {
  if (dataset.reason) return dataset.reason === reason;
  return dataset.show === 'verified' ? status.value === 'verified' : dataset.show === level;
}

function markLinks() {
  for (const link of document.querySelectorAll('#counters a')) {
    if (isCurrent(link)) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
}

// What needs work: F8 the next one, Shift+F8 the one before, around the ends.

function goToProblem(direction) {
  const cells = shownRows().flatMap((row) => [...row.querySelectorAll(`:is(${NEEDS_WORK})`)]);
  if (!cells.length) return report('Không còn ô nào cần xem lại trong các dòng đang hiện.');
  const active = editor.activeCell();
  editor.commit();
  const others = cells.filter((cell) => cell !== active);
  const ahead = others.filter((cell) => isBehind(active, cell));
  const circle = [...ahead, ...others.filter((cell) => !ahead.includes(cell))];
  const next = circle.at(direction > 0 ? 0 : -1) ?? active;
  editor.activate(next);
  announce(`${cells.indexOf(next) + 1}/${cells.length} ô cần xem lại`);
}

function isBehind(cell, other) {
  if (!cell) return true;
  return Boolean(cell.compareDocumentPosition(other) & Node.DOCUMENT_POSITION_FOLLOWING);
}

function onKey(event) {
  if (event.key !== 'F8' || event.isComposing || event.ctrlKey || event.altKey) return;
  if (document.querySelector('dialog[open]')) return;
  event.preventDefault();
  goToProblem(event.shiftKey ? -1 : 1);
}

function start() {
  for (const field of [onlyProblems, status]) {
    field.addEventListener('change', () => {
      reason = '';
      level = '';
      applyFromTop();
    });
  }
  search.addEventListener('input', applyFromTop);
  search.form.addEventListener('submit', (event) => event.preventDefault());
  document.addEventListener('click', onLinkClick);
  // Every answer brings new counters.
  const observer = new MutationObserver(() => {
    if (editor.isEditing() && !isFiltered()) return;
    summarise();
    markLinks();
  });
  observer.observe(document.querySelector('.grid-top'), {childList: true});
  if (isFiltered()) apply();
  markLinks();
  addEventListener('keydown', onKey);
  document.getElementById('next-problem').addEventListener('click', () => {
    goToProblem(1);
    if (isCards()) editor.beginEdit();
  });
}

export {start};
