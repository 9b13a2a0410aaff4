// The same folding as idapp/rules/folding.fold: search without diacritics, "nguyen" finds
// "Nguyễn".

const TONES = /[\u0300\u0301\u0303\u0309\u0323]/g;

function fold(text) {
  return text.normalize('NFD')
    .replace(/[\u0300-\u036f]/g, '')
    .toLowerCase()
    .replace(/[đð]/g, 'd')
    .replace(/[’ʼ‘\u0060´ʻ]/g, "'")
    .replace(/\s+/g, ' ')
    .trim();
}

function hasEveryWord(text, query) {
  const folded = fold(text);
  return fold(query).split(' ').every((word) => folded.includes(word));
}

// Letters and the tone mark of each word: "hòa" and "hoà" are one writing.
function wordsOf(text) {
  const words = text.toLowerCase().normalize('NFD').split(/\s+/).filter(Boolean);
  return words.map((word) => ({
    letters: word.replace(TONES, '').normalize('NFC'),
    tone: (word.match(TONES) ?? []).join(''),
  }));
}

function hasDiacritics(text) {
  return fold(text) !== text.toLowerCase().replace(/\s+/g, ' ').trim();
}

// Does a name begin as it was typed, diacritics included? Only the last word may be unfinished,
// and lack its tone then.
function beginsAsWritten(name, query) {
  const words = wordsOf(name);
  const typed = wordsOf(query);
  if (typed.length > words.length) return false;
  return typed.every(({letters, tone}, index) => {
    const word = words[index];
    if (letters === word.letters) return tone === word.tone;
    const isUnfinished = index === typed.length - 1 && word.letters.startsWith(letters);
    return isUnfinished && (!tone || tone === word.tone);
  });
}

export {beginsAsWritten, fold, hasDiacritics, hasEveryWord};
