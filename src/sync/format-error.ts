/**
 * Something in the bucket cannot be read. `newer`: another version of Aura wrote it; `damaged`: its bytes are not what
 * they should be. `message` is one line that names the object, what is wrong and what to do.
 */
export class FormatError extends Error {
  constructor(
    readonly kind: "damaged" | "newer",
    message: string,
  ) {
    super(message);
    this.name = "FormatError";
  }
}
