/** The money of an account as the ledger has it, read from outside when no replica runs. */
import { openEmbeddedLedger } from "../../src/adapters/memory/ledger.ts";
import { openRedis } from "../../src/adapters/redis/connection.ts";
import { RedisLedger } from "../../src/adapters/redis/ledger/ledger.ts";
import type { Ledger } from "../../src/core/budget-ports.ts";
import type { AccountView } from "../../src/core/domain/budget.ts";

/** @param account as records name it */
export async function embeddedAccount(dataDir: string, account: string): Promise<AccountView> {
  const ledger = await openEmbeddedLedger({ dataDir, durability: "process", clock: Date.now });
  try {
    return await viewOf(ledger, account);
  } finally {
    await ledger.close();
  }
}

/** @param account as records name it */
export async function redisAccount(url: string, account: string): Promise<AccountView> {
  const connection = await openRedis({ url, now: () => performance.now(), onState: () => undefined });
  try {
    return await viewOf(new RedisLedger({ connection, replicasToConfirm: 0, confirmMs: 0 }), account);
  } finally {
    connection.close();
  }
}

async function viewOf(ledger: Pick<Ledger, "view">, account: string): Promise<AccountView> {
  const slash = account.indexOf("/");
  const view = await ledger.view({ budget: account.slice(0, slash), period: account.slice(slash + 1) });
  if (view === null) throw new Error(`the ledger does not know the account ${account}`);
  return view;
}
