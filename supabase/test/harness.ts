/** What tests of every part start a store with. */
export { startLite } from './liteServer.ts';
export { applySql, migrationFiles, type PostgresServer, startPostgres } from './postgres.ts';
