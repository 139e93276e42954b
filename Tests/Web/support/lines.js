// @ts-check

/** Reads standard input line by line, each as soon as it is there. @param {(line: string) => void} fn */
export function readLines(fn) {
  let unread = '';
  process.stdin.setEncoding('utf8');
  process.stdin.on('data', text => {
    unread += text;
    for (let end = unread.indexOf('\n'); end >= 0; end = unread.indexOf('\n')) {
      const line = unread.slice(0, end);
      unread = unread.slice(end + 1);
      fn(line);
    }
  });
}
