/** The metrics of one process: handed in, not global, so that two in one process (in a test) do not mix. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import {
  type CounterName,
  type GaugeName,
  type HistogramName,
  type LabelOf,
  type MetricDefinition,
  metricDefinitions,
} from './definitions.ts';

/** Gauges that are named like counters, which Prometheus' own check refuses. The same figures come by their kinds. */
const misnamed = ['nodejs_active_handles_total', 'nodejs_active_requests_total', 'nodejs_active_resources_total'];

export class Metrics {
  readonly #registry = new Registry();

  /** With what Node tells of itself: memory, event loop, garbage collection, open files. */
  constructor() {
    collectDefaultMetrics({ register: this.#registry });
    for (const name of misnamed) this.#registry.removeSingleMetric(name);
  }

  counter<N extends CounterName>(name: N): Counter<LabelOf<N>> {
    return new Counter<LabelOf<N>>(this.#configuration(name));
  }

  /** @param collect sets it anew for each scrape; absent: it stays as it was set last */
  gauge<N extends GaugeName>(name: N, collect?: (gauge: Gauge<LabelOf<N>>) => void): Gauge<LabelOf<N>> {
    const gauge: Gauge<LabelOf<N>> = new Gauge<LabelOf<N>>({
      ...this.#configuration(name),
      ...(collect === undefined ? {} : { collect: () => collect(gauge) }),
    });
    return gauge;
  }

  histogram<N extends HistogramName>(name: N): Histogram<LabelOf<N>> {
    return new Histogram<LabelOf<N>>({
      ...this.#configuration(name),
      buckets: [...metricDefinitions[name].buckets],
    });
  }

  /** All of them, as Prometheus reads them. */
  async expose(): Promise<{ readonly contentType: string; readonly text: string }> {
    return { contentType: this.#registry.contentType, text: await this.#registry.metrics() };
  }

  #configuration<N extends CounterName | GaugeName | HistogramName>(name: N) {
    const { help, labels }: MetricDefinition = metricDefinitions[name];
    return { name, help, labelNames: labels as readonly LabelOf<N>[], registers: [this.#registry] };
  }
}
