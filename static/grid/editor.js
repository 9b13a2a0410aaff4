// The one input. It sits in the active cell also while moving around, with its whole text selected, so that the first
// letter of a Telex or VNI composition is never lost. Two modes: `move` (arrows move the cell) and `edit` (caret).

import * as choices from '../choices.js';
import {cellOf, firstCell, frame, isCards, isEditable, labelOf, table} from './cells.js';
import {placeHeading} from './heading.js';
import {placeNote} from './note.js';
import {isWaiting, newestText, save} from './saving.js';

export const input = Object.assign(document.createElement('input'), {
  type: 'text', className: 'cell-input', tabIndex: -1, autocomplete: 'off', spellcheck: false, maxLength: 400,
});
input.setAttribute('autocapitalize', 'off');
input.setAttribute('enterkeyhint', 'next');
export let active = null;
let mode = 'move', seen = null, before = '';
let divert = () => false; // (cell, text) -> true: somebody else takes care of this text, e.g. a scanned card

export const isEditing = () => mode === 'edit';
export const onCommit = (taker) => { divert = taker; };
export const isBusyIn = (cell) => cell === active && isEditing();

export function activate(cell, {focus = true, reveal = true} = {}) {
  if (!cell) return;
  if (active && active !== cell) letGo();
  table.querySelectorAll('[tabindex="0"]').forEach((other) => other !== cell && other.removeAttribute('tabindex'));
  active = cell;
  cell.tabIndex = 0;
  cell.dataset.active = '';
  if (isEditable(cell)) mount(cell);
  if (!focus) return;
  (isEditable(cell) ? input : cell).focus({preventScroll: true});
  select();
  if (reveal) bringOut(cell);
  placeNote(cell);
}

// The heading too. scroll-padding keeps the cell clear of the sticky parts.
function bringOut(cell) {
  placeHeading(); // a report may have come since
  if (!isCards()) frame.scrollIntoView({block: 'nearest'});
  placeHeading();
  const {scrollLeft} = frame;
  cell.scrollIntoView({block: 'nearest', inline: 'nearest'});
  if (cell.matches('.state, [data-field="full_name"]')) frame.scrollLeft = cell.matches('.state') ? scrollLeft : 0; // always in view, stuck to its edge
}

function mount(cell) {
  mode = 'move';
  input.value = before = newestText(cell);
  input.inputMode = /^(identity_number|date_of_birth)$|_year$/.test(cell.dataset.field) ? 'numeric' : 'text'; // 07032016 is a date
  input.setAttribute('aria-label', labelOf(cell));
  describe(cell);
  if (input.parentElement !== cell) cell.append(input); // moved under a pressed pointer it would lose the click
}

function describe(cell) {
  for (const name of ['aria-invalid', 'aria-describedby']) {
    if (cell.hasAttribute(name)) input.setAttribute(name, cell.getAttribute(name));
    else input.removeAttribute(name);
  }
}

// After an answer changed the active cell: show it, unless the user is typing there.
export function refresh(cell) {
  if (cell !== active || !isEditable(cell)) return;
  describe(cell);
  if (!isBusyIn(cell)) {
    input.value = before = newestText(cell);
    if (document.activeElement === input) select();
  }
  if (cell.contains(document.activeElement)) placeNote(cell);
}

export function beginEdit({caret = true} = {}) {
  if (!active || !isEditable(active) || isEditing()) return;
  mode = 'edit';
  before = newestText(active);
  seen = isWaiting(active) ? null : active.dataset.value; // null: whatever our own earlier edit turns into
  active.dataset.editing = '';
  active.scrollIntoView({block: 'nearest', inline: 'nearest'});
  if (caret) input.setSelectionRange(input.value.length, input.value.length);
  if (caret) offer('');
}

export function commit() {
  if (!active || !isEditing()) return;
  const text = input.value;
  stopEditing();
  if (text === before) return;
  if (divert(active, text)) input.value = before;
  else save(active, text, seen ?? active.dataset.value);
}

export function restore() {
  if (!isEditing()) return;
  stopEditing();
  input.value = before;
  select();
}

// A whole value at once: a suggestion, a choice in a conflict (`always`), a cleared cell.
export function put(cell, text, {always = false} = {}) {
  if (text === newestText(cell) && !always) return;
  save(cell, text, cell.dataset.value);
  refresh(cell);
}

export function offer(query = input.value) {
  const source = sourceOf(active);
  if (source) choices.open(input, source, query, (value) => { take(value); commit(); });
}

export function take(value) {
  input.value = value;
  choices.close();
  if (!isEditing()) beginEdit({caret: false});
}

function sourceOf(cell) {
  const kind = table.querySelector(`thead [data-of="${cell.dataset.field}"]`)?.dataset.input;
  if (kind === 'choice') return {catalogue: cell.dataset.field};
  const id = cell.parentElement.dataset.personId;
  return kind === 'place' ? {place: `/places?person=${id}&field=${cell.dataset.field}`} : null;
}

function stopEditing() {
  mode = 'move';
  choices.leave(input);
  if (active) delete active.dataset.editing;
}

function letGo() {
  commit();
  choices.leave(input);
  delete active.dataset.active;
}

const select = () => { if (document.activeElement === input && !isEditing()) input.select(); };

// A composition may end unheard: the input goes to another cell and no compositionend comes. So nothing waits for one.
input.addEventListener('compositionstart', () => beginEdit({caret: false}));
input.addEventListener('input', () => {
  beginEdit({caret: false});
  offer();
});
input.addEventListener('blur', () => setTimeout(() => { if (document.activeElement !== input) commit(); }));

table?.addEventListener('focusin', (event) => {
  const cell = cellOf(event.target);
  if (cell && event.target === cell && isEditable(cell)) activate(cell);
});

// A press selects, a double click edits. A finger edits when it taps: pressing may be the beginning of scrolling. The
// right button selects as well: the browser's menu can paste only into the input.
let finger = false;
table?.addEventListener('pointerdown', (event) => {
  const cell = cellOf(event.target);
  finger = event.pointerType === 'touch';
  if (finger || !cell || event.button === 1 || event.target.closest('a, button')) return;
  if (cell === active && isEditing()) return; // the caret goes where the pointer is
  event.preventDefault();
  if (event.button === 2 && cell !== active && cell.ariaSelected === 'true') return; // the selection stays
  activate(cell, {reveal: false}); // nothing may move under a double click
});
table?.addEventListener('click', (event) => {
  const cell = finger && !event.target.closest('a, button') && cellOf(event.target);
  if (!cell || (cell === active && isEditing())) return;
  activate(cell, {reveal: false});
  beginEdit();
});
table?.addEventListener('dblclick', (event) => { if (cellOf(event.target) === active) beginEdit(); });

export function start() {
  for (const link of table.querySelectorAll('a')) link.tabIndex = -1;
  frame.tabIndex = -1; // browsers make a scrolling frame a tab stop of its own
  const first = firstCell();
  if (first) activate(first, {focus: false});
}
