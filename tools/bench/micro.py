"""The workloads that are measured inside a process, by the benchmarks of tests/bench: epochs, replacements, building blocks."""
import json
import subprocess

# workload: (binary, filter, [(name of the benchmark, what, scale of ns a row, unit, floor, goal)])
MICRO = {
    'epoch': ('group_aggregate_bench', 'Epochs/append_only/1000', 'a row of an epoch of 1,000 rows over 2.4 M keys', 1e-3, 'us', 0.8, 0.3),
    'upsert': ('upsert_bench', 'Replace', 'a replacement of a row over 1 M primary keys', 1e-3, 'us', 0.5, 0.15),
}


def figures(name, folder):
    binary, pattern, what, scale, unit, floor, goal = MICRO[name]
    done = subprocess.run(['taskset', '-c', '0', folder / binary, f'--benchmark_filter={pattern}', '--benchmark_format=json',
                           '--benchmark_repetitions=3', '--benchmark_report_aggregates_only=true'], check=True, capture_output=True, text=True)
    for benchmark in json.loads(done.stdout)['benchmarks']:
        if benchmark.get('aggregate_name') == 'median':
            yield f'{what} ({benchmark["run_name"]})', 1e9 / benchmark["items_per_second"] * scale, unit, floor, goal
