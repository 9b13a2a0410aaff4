// The class table comes alive. Without this script every row still leads to a plain form.

import {mayEdit, table} from './cells.js';
import * as editor from './editor.js';
import * as filter from './filter.js';
import * as keys from './keys.js';
import * as note from './note.js';
import * as patch from './patch.js';
import * as saving from './saving.js';

if (table) {
  if (mayEdit) {
    note.start(editor.put);
    saving.start();
    patch.start();
    addEventListener('beforeunload', (event) => {
      if (editor.isEditing()) editor.commit();
      if (saving.isAnythingUnsaved()) event.preventDefault();
    });
  }
  keys.start();
  editor.start();
  filter.start();
}
