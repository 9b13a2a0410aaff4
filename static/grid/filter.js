// Which rows are shown: search without diacritics, a status, rows that need work, one reason. A row just put right stays
// until the filter is applied again. The page holds all rows, and an address with the same words shows the same rows.

import {hasEveryWord} from '../folding.js';
import {button} from './button.js';
import {firstCell, frame, isCards, table} from './cells.js';
import * as editor from './editor.js';
import {placeHeading} from './heading.js';

const box = document.getElementById('only-problems'), search = document.getElementById('search');
const status = document.getElementById('status'), shown = document.getElementById('rows-shown');
const none = document.getElementById('no-rows');
export const NEEDS_WORK = '[data-problem], [data-conflict], [data-refused], [data-save="failed"], [data-save="refused"], '
  + '.state[data-status="mismatch"], .state[data-status="not_found"], .state[data-status="rejected"]';
let reason = table?.dataset.reason ?? '', level = table?.dataset.show ?? '';
if (level === '1') level = '';

function apply() {
  const all = [...table.tBodies[0].rows];
  for (const row of all) row.hidden = !suits(row);
  const left = all.filter((row) => !row.hidden).length;
  none.hidden = left > 0;
  shown.hidden = left === all.length;
  const done = all.filter((row) => !row.hidden && !suits(row)).length;
  tell(left, all.length, done);
  if (editor.active?.parentElement.hidden && firstCell()) editor.activate(firstCell(), {focus: false});
}

// On a phone from the first card on, wherever the page stood.
function show() {
  apply();
  placeHeading();
  if (isCards()) frame.scrollIntoView();
}

// What was put right since: those rows still stand there, and one click takes them away.
function recount() {
  const all = [...table.tBodies[0].rows], visible = all.filter((row) => !row.hidden);
  tell(visible.length, all.length, visible.filter((row) => !suits(row)).length);
  markLinks();
}

function tell(left, total, done) {
  const name = isFiltered() && table.ownerDocument.querySelector(`#counters [data-reason="${reason}"]`)?.firstChild.textContent.trim();
  shown.hidden = !isFiltered() && left === total;
  const again = done ? button(`Lọc lại (${done} dòng đã xong)`, apply, 'quiet small') : '';
  shown.replaceChildren(`${name ? `${name}: ` : ''}${left}/${total} dòng `, again, button('Hiện cả bảng', clear, 'quiet small'));
}

const isFiltered = () => Boolean(box.checked || reason || level || status.value || search.value.trim());

function suits(row) {
  if (box.checked && !row.querySelector(NEEDS_WORK)) return false;
  if (level && !hasProblem(row, level)) return false;
  if (reason && row.dataset.status !== reason && !row.querySelector(`td[data-reason~="${reason}"]`)) return false;
  if (status.value && row.dataset.status !== status.value) return false;
  return !search.value.trim() || hasEveryWord(textOf(row), search.value);
}

// A cell with an error may hold a warning too.
const hasProblem = (row, wanted) => row.querySelector(`td[data-problem="${wanted}"], .why .${wanted}`) !== null;
const textOf = (row) => [...row.querySelectorAll('[data-value]')].map((cell) => cell.dataset.value).join(' ');

function clear() {
  [reason, level, status.value, search.value, box.checked] = ['', '', '', '', false];
  apply();
  markLinks();
}

// A count is a link: it shows its rows and goes to the first of its cells. Pressed again it shows everything.
function followed(event) {
  const link = event.target.closest('#counters a');
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  const {reason: wanted = '', show = ''} = link.dataset, again = isCurrent(link);
  [reason, level, status.value, search.value, box.checked] = ['', '', '', '', false];
  if (!again && show === 'verified') status.value = show;
  else if (!again) [reason, level] = [wanted, show];
  apply();
  markLinks();
  const first = again ? null : table.querySelector(`tr:not([hidden]) ${goal(wanted, show)}`);
  if (first) editor.activate(first);
}

function goal(wanted, show) {
  if (show === 'verified') return '.state';
  return show ? `td[data-problem="${show}"]` : `:is(td[data-reason~="${wanted}"], .state[data-status="${wanted}"])`;
}

function isCurrent({dataset: {reason: of, show}}) {
  return of ? of === reason : show === 'verified' ? status.value === show : show === level;
}

function markLinks() {
  for (const link of document.querySelectorAll('#counters a')) {
    if (isCurrent(link)) link.setAttribute('aria-current', 'true');
    else link.removeAttribute('aria-current');
  }
}

export function start() {
  for (const field of [box, status]) field.addEventListener('change', () => { reason = level = ''; show(); markLinks(); });
  search.addEventListener('input', show);
  search.form.addEventListener('submit', (event) => event.preventDefault());
  shown.addEventListener('click', (event) => { if (event.target.closest('a')) { event.preventDefault(); clear(); } });
  none.addEventListener('click', (event) => { if (event.target.closest('a')) { event.preventDefault(); clear(); } });
  document.addEventListener('click', followed);
  // every answer brings new counters
  new MutationObserver(() => { if (!editor.isEditing() || isFiltered()) recount(); })
    .observe(document.querySelector('.grid-top'), {childList: true});
  if (isFiltered()) apply();
  markLinks();
}
