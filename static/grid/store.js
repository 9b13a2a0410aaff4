// What the server has not got yet, kept in this browser so that a reload, a crash or a flat battery loses nothing.
// One entry per key, `unsaved/<user>/<class>/<cell>`: of ids only, and never read for another user. An entry is
// removed as soon as the server has its text. Without local storage (switched off, full) edits live in the page only.

import {table} from './cells.js';

const prefix = table && `unsaved/${table.dataset.user}/${table.dataset.classId}/`;
let works = true;

export const isKept = () => works; // false: the user must not close the page

export function keep(name, entry) {
  attempt(() => localStorage.setItem(prefix + name, JSON.stringify({...entry, at: Date.now()})));
}

export function forget(name) {
  attempt(() => localStorage.removeItem(prefix + name));
}

// Forgets it only if it still holds this text: another tab may have kept a newer one.
export function forgetText(name, text) {
  if (read(prefix + name)?.text === text) forget(name);
}

// Oldest first: [{name, at, person, field, text, seen} | {name, at, deed, ...}]
export function entries() {
  const keys = attempt(() => Object.keys(localStorage)) ?? [];
  const found = keys.filter((key) => key.startsWith(prefix)).map((key) => ({...read(key), name: key.slice(prefix.length)}));
  return found.filter((entry) => entry.at).sort((one, other) => one.at - other.at);
}

const read = (key) => attempt(() => JSON.parse(localStorage.getItem(key)));

function attempt(deed) {
  try { return deed(); } catch { works = false; return null; }
}
