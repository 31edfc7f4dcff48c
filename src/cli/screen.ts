import type { Io } from "./context.js";

const ENTER = "\u001b[?1049h\u001b[?25l";
const LEAVE = "\u001b[?25h\u001b[?1049l";
const HOME = "\u001b[H";
const CLEAR_LINE_END = "\u001b[K";
const CLEAR_BELOW = "\u001b[J";

/**
 * A picture that is drawn over its predecessor. Each line is overwritten in place and only its rest is
 * cleared, in one write, so nothing flickers. Without a terminal each picture is printed below the last.
 */
export class Screen {
  readonly #io: Io;
  #last = "";

  constructor(io: Io) {
    this.#io = io;
    if (io.tty) io.out(ENTER);
  }

  show(lines: readonly string[]): void {
    const picture = this.#io.tty ? this.#frame(lines) : `${lines.join("\n")}\n\n`;
    if (picture === this.#last) return;
    this.#last = picture;
    this.#io.out(picture);
  }

  close(): void {
    if (this.#io.tty) this.#io.out(LEAVE);
  }

  #frame(lines: readonly string[]): string {
    const rows = this.#io.rows();
    const hidden = lines.length - (rows - 1);
    const shown = hidden > 0 ? [...lines.slice(0, rows - 2), `… ${hidden + 1} more lines`] : lines;
    return HOME + shown.map((line) => `${line}${CLEAR_LINE_END}\n`).join("") + CLEAR_BELOW;
  }
}
