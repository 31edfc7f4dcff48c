/** Nothing has moved for as long as it may take. */
export class Silence extends Error {
  override readonly name = "Silence";
}
