"""The pipeline of the campaign: money that moves between accounts, in every kind of table, view and sink."""

ACCOUNTS = 1200     # that hold money: their number, and the sum of their balances, are the same at every epoch
PASSING = 60        # further accounts that come and go by tombstones and hold nothing
OPENING = 1000
TOTAL = ACCOUNTS * OPENING
REGIONS = [f'region {i}' for i in range(9)]
KEYED = {'balances': 'account', 'holdings': 'account', 'by_region': 'region', 'by_writer': 'writer',
         'activity': 'account', 'over_ceiling': 'account', 'passing': 'id'}

LOGIC = '''
views:
  balances:
    materialized: true
    key: [account]
    aggregate: {input: ledger, keys: {account: account}, values: {balance: "sum(amount)", entries: "count(*)"}}
  holdings:
    materialized: true
    key: [account]
    project:
      input: {join: {left: balances, right: accounts, condition: "balances.account = accounts.id"}}
      columns: {account: balances.account, region: accounts.region, balance: balances.balance}
  by_region:
    materialized: true
    key: [region]
    aggregate: {input: holdings, keys: {region: region}, values: {accounts: "count(*)", balance: "sum(balance)"}}
  by_writer:
    materialized: true
    key: [writer]
    aggregate:
      input: ledger
      keys: {writer: writer}
      values: {entries: "count(*)", last: "max(transfer)", net: "sum(amount)"}
  orders_of: {aggregate: {input: orders, keys: {account: account}, values: {n: "count(*)", total: "sum(amount)"}}}
  visits_of: {aggregate: {input: visits, keys: {account: account}, values: {n: "count(*)", longest: "max(seconds)"}}}
  activity:
    materialized: true
    key: [account]
    project:
      input:
        join:
          left: {join: {left: balances, right: orders_of, kind: left, condition: "balances.account = orders_of.account"}}
          right: visits_of
          kind: left
          condition: "balances.account = visits_of.account"
      columns:
        account: balances.account
        balance: balances.balance
        orders: orders_of.n
        ordered: orders_of.total
        visits: visits_of.n
        longest: visits_of.longest
  over_ceiling:
    materialized: true
    key: [account]
    project:
      input:
        filter:
          input: {join: {left: balances, right: ceilings, condition: "balances.account = ceilings.account"}}
          condition: "balances.balance > ceilings.ceiling"
      columns: {account: balances.account, balance: balances.balance, ceiling: ceilings.ceiling}
  passing: {materialized: true, key: [id], filter: {input: accounts, condition: "id >= %d"}}
''' % ACCOUNTS

TABLES = '''
name: bank
options: {{shards: {shards}}}
tables:
  accounts:
    columns: [{{name: id, type: bigint, not_null: true}}, {{name: region, type: text}}]
    primary_key: [id]
    sources: [{{{kafka}, topic: accounts, envelope: upsert, key_format: json}}]
  orders:
    columns: [{{name: account, type: bigint}}, {{name: amount, type: bigint}}]
    sources: [{{{kafka}, topic: orders}}]
  visits:
    columns: [{{name: account, type: bigint}}, {{name: seconds, type: bigint}}]
    sources: [{{connector: files, path: "visits/*.csv", format: csv, {files}}}]
  ledger:
    columns:
      - {{name: transfer, type: bigint}}
      - {{name: writer, type: bigint}}
      - {{name: account, type: bigint}}
      - {{name: amount, type: bigint}}
{ledger}  ceilings:
    columns: [{{name: account, type: bigint, not_null: true}}, {{name: ceiling, type: bigint}}]
    primary_key: [account]
{ceilings}'''

SINKS = '''
sinks:
  holdings: {{from: holdings, connector: kafka, brokers: "{broker}", topic: holdings, envelope: upsert}}
  regions: {{from: by_region, connector: kafka, brokers: "{broker}", topic: regions, envelope: changes}}
  activity: {{from: activity, connector: files, path: out, format: json, roll_bytes: 200000}}
  regions_csv: {{from: by_region, connector: files, path: out, format: csv, roll_bytes: 20000}}
'''
SINK_VIEWS = {'holdings': 'holdings', 'regions': 'by_region', 'activity': 'activity', 'regions_csv': 'by_region'}


def streaming(broker, shards):
    """Over Kafka, files that grow, and HTTP."""
    tables = TABLES.format(shards=shards, kafka=f'connector: kafka, brokers: "{broker}", format: json, mode: follow',
                           files='mode: follow, poll_interval_ms: 30', ledger='', ceilings='')
    return tables + LOGIC + SINKS.format(broker=broker)


def batch(broker, shards):
    """Over the same topics and files up to their ends; what was pushed over HTTP lies in files."""
    def pushed(name, envelope):
        return f'    sources: [{{connector: files, path: {name}.jsonl, format: json, envelope: {envelope}, mode: static}}]\n'

    tables = TABLES.format(shards=shards, kafka=f'connector: kafka, brokers: "{broker}", format: json, mode: static',
                           files='mode: static', ledger=pushed('ledger', 'plain'),
                           ceilings=pushed('ceilings', 'changes'))
    return tables + LOGIC
