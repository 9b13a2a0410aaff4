// The one input. It sits in the active cell also while moving around, with its whole text
// selected, so that the first letter of a Telex or VNI composition is never lost. Two modes:
// moving (arrows move the cell) and editing (caret).

import * as choices from '../choices.js';
import {element, root} from '../elements.js';
import {
  cellOf, firstCell, frame, headOf, isEditable, labelOf, personOf, table,
} from './cells.js';
import {placeNote} from './popover.js';
import {isWaiting, newestText, save} from './saving.js';
import {reveal as bringIntoView} from './sticky_header.js';

// 07032016 is a date.
const DIGITS_ONLY = /^(identity_number|date_of_birth)$|_year$/;
const input = element('input', {
  type: 'text',
  className: 'cell-input',
  tabIndex: -1,
  autocomplete: 'off',
  spellcheck: false,
  maxLength: 400,
});
input.setAttribute('autocapitalize', 'off');
input.setAttribute('enterkeyhint', 'next');
let active = null;
let isInEditMode = false;
// The stored text when editing began; null: whatever our own earlier edit turns into.
let seen = null;
let textBefore = '';
let intercept = () => false;

const activeCell = () => active;
const isEditing = () => isInEditMode;
const isBusyIn = (cell) => cell === active && isInEditMode;

// (cell, text) -> true: somebody else takes care of this text, e.g. a scanned card
function setInterceptor(interceptor) {
  intercept = interceptor;
}

function activate(cell, {focus = true, reveal = true} = {}) {
  if (!cell) return;
  if (active && active !== cell) leaveActive();
  for (const other of table.querySelectorAll('[tabindex="0"]')) {
    if (other !== cell) other.removeAttribute('tabindex');
  }
  active = cell;
  cell.tabIndex = 0;
  cell.dataset.active = '';
  if (isEditable(cell)) mount(cell);
  if (!focus) return;
  const target = isEditable(cell) ? input : cell;
  target.focus({preventScroll: true});
  selectText();
  if (reveal) bringIntoView(cell);
  placeNote(cell);
}

// With the focus in the table again, after a dialog or a menu.
function focusAgain() {
  activate(active, {reveal: false});
}

function mount(cell) {
  isInEditMode = false;
  textBefore = newestText(cell);
  input.value = textBefore;
  input.inputMode = DIGITS_ONLY.test(cell.dataset.field) ? 'numeric' : 'text';
  input.setAttribute('aria-label', labelOf(cell));
  describe(cell);
  // Moved under a pressed pointer it would lose the click.
  if (input.parentElement !== cell) cell.append(input);
}

function describe(cell) {
  for (const name of ['aria-invalid', 'aria-describedby']) {
    if (cell.hasAttribute(name)) input.setAttribute(name, cell.getAttribute(name));
    else input.removeAttribute(name);
  }
}

function leaveActive() {
  commit();
  choices.leave(input);
  delete active.dataset.active;
}

// After an answer changed the active cell: show it, unless the user is typing there.
function refresh(cell) {
  if (cell !== active || !isEditable(cell)) return;
  describe(cell);
  if (!isInEditMode) {
    textBefore = newestText(cell);
    input.value = textBefore;
    selectText();
  }
  if (cell.contains(document.activeElement)) placeNote(cell);
}

function selectText() {
  if (document.activeElement === input && !isInEditMode) input.select();
}

function beginEdit({caret = true} = {}) {
  if (!active || !isEditable(active) || isInEditMode) return;
  isInEditMode = true;
  textBefore = newestText(active);
  seen = isWaiting(active) ? null : active.dataset.value;
  active.dataset.editing = '';
  active.scrollIntoView({block: 'nearest', inline: 'nearest'});
  if (!caret) return;
  input.setSelectionRange(input.value.length, input.value.length);
  offerChoices('');
}

function commit() {
  if (!active || !isInEditMode) return;
  const text = input.value;
  endEdit();
  if (text === textBefore) return;
  if (intercept(active, text)) input.value = textBefore;
  else save(active, text, seen ?? active.dataset.value);
}

function restore() {
  if (!isInEditMode) return;
  endEdit();
  input.value = textBefore;
  selectText();
}

function endEdit() {
  isInEditMode = false;
  choices.leave(input);
  if (active) delete active.dataset.editing;
}

// A whole value at once: a suggestion, a choice in a conflict (`always`), a cleared cell.
function put(cell, text, {always = false} = {}) {
  if (text === newestText(cell) && !always) return;
  save(cell, text, cell.dataset.value);
  refresh(cell);
}

function offerChoices(query) {
  const source = choicesFor(active);
  if (!source) return;
  choices.open(input, source, query, (value) => {
    take(value);
    commit();
  });
}

function choicesFor(cell) {
  const {field} = cell.dataset;
  const kind = headOf(field)?.dataset.input;
  if (kind === 'choice') return {catalogue: field};
  if (kind !== 'place') return null;
  return {place: `${root}/places?person=${personOf(cell)}&field=${field}`};
}

function take(value) {
  input.value = value;
  choices.close();
  if (!isInEditMode) beginEdit({caret: false});
}

// A composition may end unheard: the input goes to another cell and no compositionend comes. So
// nothing waits for one.
input.addEventListener('compositionstart', () => beginEdit({caret: false}));
input.addEventListener('input', () => {
  beginEdit({caret: false});
  offerChoices(input.value);
});
input.addEventListener('blur', () => setTimeout(() => {
  if (document.activeElement !== input) commit();
}));

table?.addEventListener('focusin', (event) => {
  const cell = cellOf(event.target);
  if (cell && event.target === cell && isEditable(cell)) activate(cell);
});

// A press selects, a double click edits. A finger edits when it taps: pressing may be the
// beginning of scrolling. The right button selects as well: the browser's menu can paste only
// into the input.
let isFinger = false;
const isOnControl = (event) => event.target.closest('a, button') !== null;

table?.addEventListener('pointerdown', (event) => {
  const cell = cellOf(event.target);
  isFinger = event.pointerType === 'touch';
  if (isFinger || !cell || event.button === 1 || isOnControl(event)) return;
  if (isBusyIn(cell)) return; // the caret goes where the pointer is
  event.preventDefault();
  const keepsSelection = event.button === 2 && cell !== active && cell.ariaSelected === 'true';
  if (keepsSelection) return;
  activate(cell, {reveal: false}); // nothing may move under a double click
});

table?.addEventListener('click', (event) => {
  const cell = cellOf(event.target);
  if (!isFinger || !cell || isOnControl(event) || isBusyIn(cell)) return;
  activate(cell, {reveal: false});
  beginEdit();
});

table?.addEventListener('dblclick', (event) => {
  if (cellOf(event.target) === active) beginEdit();
});

function start() {
  for (const link of table.querySelectorAll('a')) link.tabIndex = -1;
  frame.tabIndex = -1; // browsers make a scrolling frame a tab stop of its own
  activate(firstCell(), {focus: false});
}

export {
  activate, activeCell, beginEdit, commit, focusAgain, input, isBusyIn, isEditing, put, refresh,
  restore, setInterceptor, start, take,
};
