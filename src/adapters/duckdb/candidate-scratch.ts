/**
 * Candidates on disk, as blocks the core reads again in every pass, so that memory holds one block of them at a
 * time whatever their number. A block is its offsets, values, costs and actions one after the other; the ids of
 * its users are in a file of their own, which is read once, at the end.
 */
import { closeSync, fstatSync, openSync, readSync, writeSync } from "node:fs";
import { join } from "node:path";
import type { CandidateBlock, Candidates } from "../../core/allocation/candidates.ts";
import { invariant } from "../../core/errors.ts";

const BLOCK_USERS = 16_384;

interface Extent {
  readonly users: number;
  readonly options: number;
  readonly at: number;
  readonly idsAt: number;
  readonly idsBytes: number;
}

/** Room for a block; grows to the largest. */
interface Room {
  offsets: Uint32Array;
  action: Uint16Array;
  valueMicros: Float64Array;
  costMicros: Float64Array;
}

export class CandidateScratch {
  readonly #blocks: number;
  readonly #ids: number;
  readonly #extents: Extent[] = [];
  readonly #room: Room = roomFor(BLOCK_USERS, BLOCK_USERS);
  #userIds: string[] = [];
  #options = 0;
  #written = 0;
  #idsWritten = 0;
  #users = 0;

  /** Two files in the folder, which must be there and outlive it. */
  constructor(folder: string) {
    this.#blocks = openSync(join(folder, "blocks"), "w+");
    this.#ids = openSync(join(folder, "ids"), "w+");
  }

  /** The next user; options are theirs until the next one. */
  addUser(userId: string): void {
    if (this.#userIds.length === BLOCK_USERS) this.flush();
    this.#room.offsets[this.#userIds.length] = this.#options;
    this.#userIds.push(userId);
    this.#users += 1;
  }

  addOption(action: number, valueMicros: number, costMicros: number): void {
    const at = this.#options;
    if (at === this.#room.action.length) growOptions(this.#room);
    this.#room.action[at] = action;
    this.#room.valueMicros[at] = valueMicros;
    this.#room.costMicros[at] = costMicros;
    this.#options = at + 1;
  }

  /** Writes the block that is being filled. To be called after the last user. */
  flush(): void {
    const users = this.#userIds.length;
    if (users === 0) return;
    this.#room.offsets[users] = this.#options;
    const extent = { users, options: this.#options, at: this.#written, idsAt: this.#idsWritten };
    for (const part of partsOf(this.#room, extent)) this.#written += write(this.#blocks, part);
    const ids = Buffer.from(this.#userIds.join("\n"), "latin1");
    this.#idsWritten += write(this.#ids, ids);
    this.#extents.push({ ...extent, idsBytes: ids.length });
    this.#userIds = [];
    this.#options = 0;
  }

  get users(): number {
    return this.#users;
  }

  /** All users' candidates, of so many actions. After the last flush. */
  candidates(actions: number): Candidates {
    return { users: this.#users, actions, blocks: () => this.#read() };
  }

  /** The ids of each block's users, and their candidates. */
  *withIds(): Generator<{ readonly userIds: readonly string[]; readonly block: CandidateBlock }, void, void> {
    let i = 0;
    for (const block of this.#read()) {
      const { idsAt, idsBytes } = this.#extents[i] as Extent;
      const ids = Buffer.alloc(idsBytes);
      read(this.#ids, ids, idsAt);
      yield { userIds: ids.toString("latin1").split("\n"), block };
      i += 1;
    }
  }

  close(): void {
    closeSync(this.#blocks);
    closeSync(this.#ids);
  }

  *#read(): Generator<CandidateBlock, void, void> {
    invariant(this.#userIds.length === 0, "expected every user to be written");
    const most = this.#extents.reduce((options, extent) => Math.max(options, extent.options), 0);
    const room = roomFor(BLOCK_USERS, most);
    for (const extent of this.#extents) {
      let { at } = extent;
      for (const part of partsOf(room, extent)) {
        read(this.#blocks, part, at);
        at += part.byteLength;
      }
      yield { users: extent.users, ...room };
    }
  }
}

function roomFor(users: number, options: number): Room {
  return {
    offsets: new Uint32Array(users + 1),
    action: new Uint16Array(options),
    valueMicros: new Float64Array(options),
    costMicros: new Float64Array(options),
  };
}

function growOptions(room: Room): void {
  const { action, valueMicros, costMicros } = room;
  Object.assign(room, roomFor(0, 2 * action.length), { offsets: room.offsets });
  room.action.set(action);
  room.valueMicros.set(valueMicros);
  room.costMicros.set(costMicros);
}

/** What of the room a block takes up, in the order of the file. */
function partsOf(room: Room, { users, options }: Pick<Extent, "users" | "options">): readonly Uint8Array[] {
  return [
    room.offsets.subarray(0, users + 1),
    room.valueMicros.subarray(0, options),
    room.costMicros.subarray(0, options),
    room.action.subarray(0, options),
  ].map(({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength));
}

function write(file: number, bytes: Uint8Array): number {
  for (let done = 0; done < bytes.length;) done += writeSync(file, bytes, done);
  return bytes.length;
}

function read(file: number, bytes: Uint8Array, position: number): void {
  for (let done = 0; done < bytes.length;) {
    const count = readSync(file, bytes, done, bytes.length - done, position + done);
    invariant(count > 0, `expected ${bytes.length} bytes at ${position}, the file has ${fstatSync(file).size}`);
    done += count;
  }
}
