import type { Entry, Location, Path } from "../../../sync/entry.js";
import { hasBytes } from "../../../sync/manifest.js";
import { nameOf, parentOf } from "../../../sync/path.js";
import { damaged } from "./failure.js";
import { isToDo, PLACELESS, type Row, sameVersion, TOLD_BY_OTHERS, UNTOLD } from "./row.js";
import { Known } from "./known.js";
import { entryText, haveStatText, parseEntry, parseHaveStat, SAME } from "./row-text.js";
import type { Columns, Sqlite, Value } from "./sqlite.js";

/** `told` of a path that no device has told of: there is nothing to tell. */
const NOT_WANTED = -2;
const TO_TELL = `(told IN (${UNTOLD}, ${TOLD_BY_OTHERS}) OR told >= ?)`;
const COLUMNS = "dir, name, stat, have, want, object, at, told";

/** What paths are, in the database. Callers put many changes into one transaction. */
export class Paths {
  private inMemory: Known | null = null;

  constructor(
    private readonly db: Sqlite,
    private readonly file: string,
  ) {}

  get(path: Path): Row | null {
    const row = this.db.one(`SELECT ${COLUMNS} FROM paths WHERE dir = ? AND name = ?`, parentOf(path), nameOf(path));
    return row === undefined ? null : this.parsed(row);
  }

  put(row: Row): void {
    const { path, have, want, location, told } = row;
    const same = have !== null && want !== null && sameVersion(have.entry, want);
    this.db.run(
      "INSERT OR REPLACE INTO paths VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      parentOf(path),
      nameOf(path),
      have === null ? null : haveStatText(have),
      have === null ? null : same ? SAME : entryText(have.entry),
      want === null ? null : entryText(want),
      hashOf(want),
      same ? null : hashOf(have?.entry ?? null),
      location?.object ?? null,
      location?.offset ?? null,
      want === null ? NOT_WANTED : hasBytes(want.content) && location === null ? PLACELESS : told,
      isToDo(row) ? 1 : 0,
    );
    this.inMemory?.set(path, have?.stat ?? null, have?.settled ?? true);
  }

  /** The stats of everything on disk, kept up to date from now on. */
  known(): Known {
    if (this.inMemory === null) {
      const known = new Known();
      for (const [path, text] of this.statsOf("")) {
        const { stat, settled } = parseHaveStat(text);
        known.set(path, stat, settled);
      }
      this.inMemory = known;
    }
    return this.inMemory;
  }

  /** What was changed is taken back. */
  rolledBack(): void {
    this.inMemory = null;
  }

  /** `statText` of what is on disk directly in `folder`. */
  knownIn(folder: Path): Map<Path, string> {
    return this.statsOf("AND dir = ?", folder);
  }

  /** The same, of what is below `folder`, however deep. */
  knownBelow(folder: Path): Map<Path, string> {
    const { where, values } = below(folder);
    return this.statsOf(`AND (${where})`, ...values);
  }

  /** Paths of which anything is known. */
  size(): number {
    return Number(this.db.one("SELECT count(*) FROM paths")![0]);
  }

  /** Files and links on disk. */
  countFiles(): number {
    return Number(this.db.one("SELECT count(*) FROM paths WHERE stat IS NOT NULL AND stat NOT GLOB 'd*'")![0]);
  }

  /** Paths directly in `folder`, live or gone. */
  childrenOf(folder: Path): Path[] {
    return this.db.all("SELECT name FROM paths WHERE dir = ? AND want IS NOT NULL", folder).map(([name]) => joined(folder, name!));
  }

  /** Rows at and below `folder`, however deep. */
  under(folder: Path): Row[] {
    const { where, values } = below(folder);
    const rows = this.db.all(`SELECT ${COLUMNS} FROM paths WHERE ${where}`, ...values).map((row) => this.parsed(row));
    const own = folder === "" ? null : this.get(folder);
    return own === null ? rows : [own, ...rows];
  }

  /** Rows of which disk and `want` are of different versions. */
  toDo(): Row[] {
    return this.db.all(`SELECT ${COLUMNS} FROM paths WHERE todo = 1`).map((row) => this.parsed(row));
  }

  /** How many files and links on disk others have deleted. */
  countToDelete(): number {
    const sql = `SELECT count(*) FROM paths WHERE todo = 1 AND want GLOB '[[][[]"g"*' AND stat IS NOT NULL AND stat NOT GLOB 'd*'`;
    return Number(this.db.one(sql)![0]);
  }

  hasToDo(): boolean {
    return this.db.one("SELECT 1 FROM paths WHERE todo = 1 LIMIT 1") !== undefined;
  }

  /** Folders with files that have to be read again. */
  unsettledFolders(): Path[] {
    return this.db.all("SELECT DISTINCT dir FROM paths WHERE stat GLOB '~*'").map(([dir]) => String(dir));
  }

  count(told: number): number {
    return Number(this.db.one("SELECT count(*) FROM paths WHERE told = ?", told)![0]);
  }

  /** Rows that go into an own manifest which takes up those with a number from `since` on. */
  toTell<T>(since: number, visit: (row: Row) => T): T[] {
    const found: T[] = [];
    this.db.each(`SELECT ${COLUMNS} FROM paths WHERE ${TO_TELL}`, [since], (row) => found.push(visit(this.parsed(row))));
    return found;
  }

  /** Rows whose content has no place in the bucket. */
  placeless(): Row[] {
    return this.db.all(`SELECT ${COLUMNS} FROM paths WHERE told = ${PLACELESS}`).map((row) => this.parsed(row));
  }

  /** Gives rows as `toTell` finds them a number. */
  tell(since: number, told: number): void {
    this.db.run(`UPDATE paths SET told = ? WHERE ${TO_TELL}`, told, since);
  }

  /** All that have one number, or all, get another. */
  retell(from: number | "all", to: number): void {
    if (from === "all") this.db.run("UPDATE paths SET told = ? WHERE told > ?", to, NOT_WANTED);
    else this.db.run("UPDATE paths SET told = ? WHERE told = ?", to, from);
  }

  /** Where a content is, by what is told of the paths that have it. */
  locationOf(hash: string): Location | null {
    const row = this.db.one("SELECT object, at FROM paths WHERE hash = ? AND object IS NOT NULL LIMIT 1", hash);
    return row === undefined ? null : { object: String(row[0]), offset: Number(row[1]) };
  }

  hasLocations(): boolean {
    return this.db.one("SELECT 1 FROM paths WHERE hash IS NOT NULL AND object IS NOT NULL LIMIT 1") !== undefined;
  }

  /** Paths that have this content on disk. */
  filesWith(hash: string): Path[] {
    const sql = `SELECT dir, name FROM paths WHERE hash = ?1 AND have = '${SAME}' UNION ALL SELECT dir, name FROM paths WHERE have_hash = ?1`;
    return this.db.all(sql, hash).map(([dir, name]) => joined(dir!, name!));
  }

  /** Rows that want this content. */
  wanting(hash: string): Row[] {
    return this.db.all(`SELECT ${COLUMNS} FROM paths WHERE hash = ?`, hash).map((row) => this.parsed(row));
  }

  each(visit: (row: Row) => void): void {
    this.db.each(`SELECT ${COLUMNS} FROM paths`, [], (row) => visit(this.parsed(row)));
  }

  private statsOf(where: string, ...values: readonly Value[]): Map<Path, string> {
    const known = new Map<Path, string>();
    // A folder at a time: 100,000 rows of their own take three times as long to cross from the binding.
    const sql = `SELECT dir, group_concat(name, '/'), group_concat(stat, '/') FROM paths WHERE stat IS NOT NULL ${where} GROUP BY dir`;
    this.db.each(sql, values, ([dir, names, stats]) => {
      const texts = String(stats).split("/");
      const at = dir === "" ? "" : `${dir}/`;
      for (const [i, name] of String(names).split("/").entries()) known.set(at + name, texts[i]!);
    });
    return known;
  }

  private parsed([dir, name, stat, have, want, object, at, told]: Columns): Row {
    const path = joined(dir!, name!);
    try {
      const entry = want === null ? null : parseEntry(String(want));
      const disk = have === null ? null : have === SAME ? entry! : parseEntry(String(have));
      return {
        path,
        have: disk === null ? null : { entry: disk, ...parseHaveStat(stat === null ? null : String(stat)) },
        want: entry,
        location: object === null ? null : { object: String(object), offset: Number(at) },
        told: Number(told) < TOLD_BY_OTHERS ? UNTOLD : Number(told),
      };
    } catch (error) {
      throw damaged(this.file, `what it says of ${JSON.stringify(path)} cannot be read`, error);
    }
  }
}

function hashOf(entry: Entry | null): string | null {
  return entry?.content.type === "file" ? entry.content.hash : null;
}

function joined(dir: Value, name: Value): Path {
  return dir === "" ? String(name) : `${dir}/${name}`;
}

/** Folders at and below `folder`: `0` is the character after `/`. */
function below(folder: Path): { readonly where: string; readonly values: readonly Value[] } {
  return folder === ""
    ? { where: "1", values: [] }
    : { where: "dir = ? OR (dir > ? AND dir < ?)", values: [folder, `${folder}/`, `${folder}0`] };
}
