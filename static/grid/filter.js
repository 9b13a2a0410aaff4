// Rows with problems only, and search without diacritics. A row just put right stays until the filter is applied again.

import {hasEveryWord} from '../folding.js';
import {activate, active} from './editor.js';
import {firstCell, table} from './cells.js';

const box = document.getElementById('only-problems');
const search = document.getElementById('search');
const shown = document.getElementById('rows-shown');

export function apply() {
  const all = [...table.tBodies[0].rows];
  for (const row of all) row.hidden = !(suits(row) && matches(row));
  const left = all.filter((row) => !row.hidden).length;
  shown.textContent = left === all.length ? '' : `Đang hiện ${left}/${all.length} dòng`;
  if (active?.parentElement.hidden && firstCell()) activate(firstCell(), {focus: false});
}

const suits = (row) => !box.checked || row.querySelector('[data-problem]') !== null;
const matches = (row) => !search.value.trim() || hasEveryWord(textOf(row), search.value);
const textOf = (row) => [...row.querySelectorAll('[data-value]')].map((cell) => cell.dataset.value).join(' ');

export function start() {
  // A page that was asked for with ?problems=1 holds only those rows: for the others it must be asked again.
  const isPart = new URLSearchParams(location.search).get('problems') === '1';
  box.addEventListener('change', () => isPart && !box.checked ? location.assign(location.pathname) : apply());
  search.addEventListener('input', apply);
  search.form?.addEventListener('submit', (event) => event.preventDefault());
  document.addEventListener('click', (event) => {
    if (!event.target.closest('a[data-show-problems]')) return;
    event.preventDefault();
    box.checked = true;
    apply();
    const first = table.querySelector('tr:not([hidden]) [data-problem]');
    if (first) activate(first);
  });
  if (box.checked || search.value) apply();
}
