// What the server has not got yet, kept in this browser so that a reload, a crash or a flat
// battery loses nothing. One entry per key, `unsaved/<user>/<class>/<cell>`: of ids only; its value
// is sealed with a key that comes with the page and that the server forgets when this user signs
// out here. An entry is removed as soon as the server has its text. Without local storage (switched
// off, full) edits live in the page only.

import {load, store} from '../sealing.js';
import {table, tableId} from './cells.js';

const prefix = table && `unsaved/${table.dataset.user}/${tableId}/`;
let hasFailed = false;

const isWorking = () => !hasFailed; // false: the user must not close the page

function keep(name, entry) {
  attempt(() => store(prefix + name, {...entry, at: Date.now()}, table.dataset.draftKey));
}

function forget(name) {
  attempt(() => localStorage.removeItem(prefix + name));
}

// Forgets it only if it still holds this text: another tab may have kept a newer one.
function forgetText(name, text) {
  if (read(prefix + name)?.text === text) forget(name);
}

// Oldest first: an edit {name, at, person, field, text, seen, unsure}, or a bulk request
// {name, at, url, what, values}.
function entries() {
  const keys = attempt(() => Object.keys(localStorage)) ?? [];
  const ours = keys.filter((key) => key.startsWith(prefix));
  const drafts = ours.map((key) => ({...read(key), name: key.slice(prefix.length)}));
  return drafts.filter((draft) => draft.at).sort((one, other) => one.at - other.at);
}

const read = (key) => attempt(() => load(key, table.dataset.draftKey));

function attempt(access) {
  try {
    return access();
  } catch {
    hasFailed = true;
    return null;
  }
}

export {entries, forget, forgetText, isWorking, keep};
