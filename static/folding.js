// The same folding as idapp/rules/folding.fold: search without diacritics, "nguyen" finds "Nguyễn".

export function fold(text) {
  return text.normalize('NFD').replace(/[\u0300-\u036f]/g, '').toLowerCase().replace(/[đð]/g, 'd').replace(/[’ʼ‘\u0060´ʻ]/g, "'")
    .replace(/\s+/g, ' ').trim();
}

export const hasEveryWord = (text, query) => {
  const folded = fold(text);
  return fold(query).split(' ').every((word) => folded.includes(word));
};

// Diacritics, with the tone mark of a word behind its letters: "hòa" and "hoà" are one writing.
const TONES = /[\u0300\u0301\u0303\u0309\u0323]/g;
const written = (text) => text.toLowerCase().normalize('NFD').split(/\s+/).filter(Boolean).map((word) => {
  return {letters: word.replace(TONES, '').normalize('NFC'), tone: (word.match(TONES) ?? []).join('')};
});

export const hasDiacritics = (text) => fold(text) !== text.toLowerCase().replace(/\s+/g, ' ').trim();

// Does a name begin as it was typed, diacritics included? Only the last word may be unfinished, and lack its tone then.
export function beginsAsWritten(name, query) {
  const words = written(name), asked = written(query);
  return asked.length <= words.length && asked.every(({letters, tone}, n) => {
    if (letters === words[n].letters) return tone === words[n].tone;
    const isUnfinished = n === asked.length - 1 && words[n].letters.startsWith(letters);
    return isUnfinished && (!tone || tone === words[n].tone);
  });
}
