// Answers are remembered, since a table repeats few texts many times. Where they become too many (a
// watch may run for days and meet new addresses all the time) all are forgotten at once.

const most = 10_000;

export function remembered(test: (text: string) => boolean): (text: string) => boolean {
  const known = new Map<string, boolean>();
  return (text) => {
    let answer = known.get(text);
    if (answer === undefined) {
      answer = test(text);
      if (known.size >= most) known.clear();
      known.set(text, answer);
    }
    return answer;
  };
}
