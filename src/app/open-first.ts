/** The store as the deliverer has it: it may have something to say of the monitor before the store was ever reached. */
import type { DeliverParts } from "../notify/deliver.ts";
import type { Store } from "../store/contract.ts";
import { StoreNotOpenError } from "../store/errors.ts";

/**
 * Writes nothing before the tables were made: QuestDB makes a table of whatever row comes first, and no later start
 * could use it. What was refused is kept by the log of notifications and written with its next row.
 */
export function openFirst(store: Store, isOpen: () => boolean): DeliverParts["store"] {
  return {
    readIncidents: (filter) => store.readIncidents(filter),
    readNotifications: (incidentId) => store.readNotifications(incidentId),
    readState: (key) => store.readState(key),
    writeNotifications: async (rows) => {
      if (!isOpen()) throw new StoreNotOpenError(store.name);
      await store.writeNotifications(rows);
    },
  };
}
