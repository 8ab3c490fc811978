/**
 * The embedded pacing board: in memory, and one file for each account, written anew with every document, so
 * that a restart begins with the prices it ended with.
 */
import { mkdir, readdir, readFile, rename, stat, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { AccountId } from "../../core/domain/budget.ts";
import { LiftgateError } from "../../core/errors.ts";
import type { BoardDocument, PacingBoard } from "../../core/budget-ports.ts";

const SUFFIX = ".json";
/** Longer than any month; the board of a year is touched all the time. */
const KEPT_MS = 40 * 86_400_000;

interface Board {
  sums: Readonly<Record<string, number>>;
  documents: Readonly<Record<string, BoardDocument>>;
}

/**
 * The boards kept in the folder, which is made if it does not exist. One process at a time.
 *
 * @throws Error naming the file that is damaged: delete it, and pacing learns anew
 */
export async function openFilePacingBoard(directory: string, nowMs: () => number): Promise<PacingBoard> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const boards = new Map<string, Board>();
  for (const name of await readdir(directory)) {
    if (!name.endsWith(SUFFIX)) continue;
    const path = join(directory, name);
    if (nowMs() - (await stat(path)).mtimeMs > KEPT_MS) await unlink(path);
    else boards.set(name, await readBoard(path));
  }
  return new FilePacingBoard(directory, boards);
}

class FilePacingBoard implements PacingBoard {
  readonly #directory: string;
  readonly #boards: Map<string, Board>;
  #lastWrite: Promise<unknown> = Promise.resolve();

  constructor(directory: string, boards: Map<string, Board>) {
    this.#directory = directory;
    this.#boards = boards;
  }

  async add(account: AccountId, sums: Readonly<Record<string, number>>): Promise<Readonly<Record<string, number>>> {
    const board = this.#board(account);
    const total: Record<string, number> = { ...board.sums };
    for (const [name, amount] of Object.entries(sums)) total[name] = (total[name] ?? 0) + amount;
    board.sums = total;
    return total;
  }

  async publish(account: AccountId, document: BoardDocument): Promise<BoardDocument> {
    const board = this.#board(account);
    const standing = board.documents[document.name];
    if (standing !== undefined && standing.rank >= document.rank) return standing;
    board.documents = { ...board.documents, [document.name]: document };
    await this.#save(account, JSON.stringify(board));
    return document;
  }

  async read(account: AccountId, name: string): Promise<BoardDocument | null> {
    return this.#board(account).documents[name] ?? null;
  }

  async close(): Promise<void> {
    await this.#lastWrite.catch(() => undefined);
  }

  #board(account: AccountId): Board {
    const name = fileNameOf(account);
    const board = this.#boards.get(name) ?? { sums: {}, documents: {} };
    this.#boards.set(name, board);
    return board;
  }

  /** One write at a time, whole or not at all. */
  async #save(account: AccountId, text: string): Promise<void> {
    const path = join(this.#directory, fileNameOf(account));
    const saved = this.#lastWrite.then(
      () => replaceFile(path, text),
      () => replaceFile(path, text),
    );
    this.#lastWrite = saved;
    try {
      await saved;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "an unknown failure";
      throw new LiftgateError("ledger_unavailable", `The pacing board cannot be written: ${code}`);
    }
  }
}

async function replaceFile(path: string, text: string): Promise<void> {
  await writeFile(`${path}.new`, text, { mode: 0o600 });
  await rename(`${path}.new`, path);
}

/** Ids of budgets and periods hold no more than one another's separator does not: `/` and `@` are escaped. */
function fileNameOf({ budget, period }: AccountId): string {
  return `${encodeURIComponent(budget)}~${encodeURIComponent(period)}${SUFFIX}`;
}

async function readBoard(path: string): Promise<Board> {
  try {
    const board: unknown = JSON.parse(await readFile(path, "utf8"));
    if (isBoard(board)) return board;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new Error(`${path} is damaged: delete it, and pacing learns anew`);
}

function isBoard(board: unknown): board is Board {
  if (typeof board !== "object" || board === null || !("sums" in board) || !("documents" in board)) return false;
  const { sums, documents } = board;
  return (
    isRecordOf(sums, (amount) => typeof amount === "number") &&
    isRecordOf(documents, (document) => typeof document === "object" && document !== null && "rank" in document)
  );
}

function isRecordOf(record: unknown, isRight: (value: unknown) => boolean): boolean {
  return typeof record === "object" && record !== null && Object.values(record).every(isRight);
}
