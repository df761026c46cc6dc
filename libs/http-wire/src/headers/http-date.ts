let datedSecond = 0;
let date = '';

/** Now, as RFC 9110 section 5.6.7 writes it. Made once a second: it costs more than the rest of a head. */
export function httpDate(): string {
  const second = Math.floor(Date.now() / 1000);
  if (second !== datedSecond) {
    datedSecond = second;
    date = new Date(second * 1000).toUTCString();
  }
  return date;
}
