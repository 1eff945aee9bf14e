/** What the dashboard shows, row by row. `make generate` writes the chart's JSON from it. */

interface Query {
  readonly expr: string;
  /** What a line is called: Grafana's {{label}} syntax. */
  readonly legend: string;
}

export interface Panel {
  readonly title: string;
  readonly description: string;
  readonly unit: 'short' | 's' | 'reqps' | 'percentunit' | 'none';
  readonly type?: 'timeseries' | 'stat';
  readonly queries: readonly Query[];
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

const here = 'namespace=~"$namespace"';
const lane = `${here}, operation=~"$operation"`;
const window = '$__rate_interval';

const percentiles = (metric: string, by: string, selector = lane): Query[] =>
  [0.5, 0.95, 0.99].map((share) => ({
    expr: `histogram_quantile(${share}, sum by (le, ${by}) (rate(${metric}_bucket{${selector}}[${window}])))`,
    legend: `p${share * 100} {{${by}}}`,
  }));

export const rows: readonly Row[] = [
  {
    title: 'Throughput',
    panels: [
      {
        title: 'Tasks created',
        description: 'By the API, per second.',
        unit: 'reqps',
        queries: [
          { expr: `sum by (operation) (rate(story_tasks_created_total{${lane}}[${window}]))`, legend: '{{operation}}' },
        ],
      },
      {
        title: 'Tasks ended',
        description: 'By how they ended, per second.',
        unit: 'reqps',
        queries: [
          { expr: `sum by (status) (rate(story_tasks_finished_total{${lane}}[${window}]))`, legend: '{{status}}' },
        ],
      },
      {
        title: 'Errors by code',
        description: 'Runs that failed or were lost, those that are tried again among them, per second.',
        unit: 'reqps',
        queries: [{ expr: `sum by (code) (rate(story_tasks_errors_total{${lane}}[${window}]))`, legend: '{{code}}' }],
      },
    ],
  },
  {
    title: 'Lanes',
    panels: [
      {
        title: 'Queue depth',
        description: 'Jobs that could run now, and those that run.',
        unit: 'short',
        queries: [
          {
            expr: `sum by (operation) (max by (operation, state) (story_tasks_queue_jobs{${lane}, state=~"waiting|prioritized|delayed_due|paused"}))`,
            legend: '{{operation}} waiting',
          },
          {
            expr: `max by (operation) (story_tasks_queue_jobs{${lane}, state="active"})`,
            legend: '{{operation}} active',
          },
        ],
      },
      {
        title: 'Oldest wait',
        description: 'Age of the job that is next.',
        unit: 's',
        queries: [
          {
            expr: `max by (operation) (story_tasks_queue_oldest_waiting_seconds{${lane}})`,
            legend: '{{operation}}',
          },
        ],
      },
      {
        title: 'Queue wait',
        description: 'From when a task could run to its claim.',
        unit: 's',
        queries: percentiles('story_tasks_queue_wait_seconds', 'operation'),
      },
    ],
  },
  {
    title: 'Runs',
    panels: [
      {
        title: 'Run time',
        description: 'From the claim to the written end.',
        unit: 's',
        queries: percentiles('story_tasks_run_seconds', 'operation'),
      },
      {
        title: 'Longest silence',
        description: 'Of the runs under way: how long the quietest has told nothing.',
        unit: 's',
        queries: [
          { expr: `max by (operation) (story_tasks_running_silent_seconds{${lane}})`, legend: '{{operation}}' },
        ],
      },
      {
        title: 'Cancel latency',
        description:
          'abort: from the run being told to its code having ended. terminal: from the request to the end on record.',
        unit: 's',
        queries: percentiles('story_tasks_cancel_seconds', 'phase'),
      },
    ],
  },
  {
    title: 'Workers',
    panels: [
      {
        title: 'Slots',
        description: 'Runs that the workers may have at once.',
        unit: 'short',
        queries: [
          { expr: `sum by (operation, state) (story_tasks_worker_slots{${lane}})`, legend: '{{operation}} {{state}}' },
        ],
      },
      {
        title: 'Replicas',
        description: 'Desired by the latest decision, current in the Deployment, busy with a run.',
        unit: 'short',
        queries: [{ expr: `max by (kind) (story_tasks_autoscaler_replicas{${here}})`, legend: '{{kind}}' }],
      },
      {
        title: 'Decisions of the autoscaler',
        description: 'By reason, per second; those that change nothing count too.',
        unit: 'reqps',
        queries: [
          {
            expr: `sum by (reason) (rate(story_tasks_autoscaler_decisions_total{${here}}[${window}]))`,
            legend: '{{reason}}',
          },
        ],
      },
    ],
  },
  {
    title: 'Language model',
    panels: [
      {
        title: 'Calls',
        description: 'Steps that asked the model, by outcome, per second.',
        unit: 'reqps',
        queries: [
          {
            expr: `sum by (model, outcome) (rate(story_tasks_llm_calls_total{${lane}}[${window}]))`,
            legend: '{{model}} {{outcome}}',
          },
        ],
      },
      {
        title: 'Tokens',
        description: 'As the model counted them, per second.',
        unit: 'short',
        queries: [
          {
            expr: `sum by (model, direction) (rate(story_tasks_llm_tokens_total{${lane}}[${window}]))`,
            legend: '{{model}} {{direction}}',
          },
        ],
      },
      {
        title: 'Call time',
        description: 'With tries and repairs as one.',
        unit: 's',
        queries: percentiles('story_tasks_llm_call_seconds', 'model'),
      },
    ],
  },
  {
    title: 'The system itself',
    panels: [
      {
        title: 'Requests',
        description: 'Answered by the API, by status, per second.',
        unit: 'reqps',
        queries: [
          {
            expr: `sum by (status) (rate(http_request_duration_seconds_count{${here}}[${window}]))`,
            legend: '{{status}}',
          },
        ],
      },
      {
        title: 'Repairs',
        description: 'What the reconciler did, per second.',
        unit: 'reqps',
        queries: [
          { expr: `sum by (action) (rate(story_tasks_reconciled_total{${here}}[${window}]))`, legend: '{{action}}' },
        ],
      },
      {
        title: 'Settings in force',
        description:
          'Processes by the settings that they apply: one line when all agree. Refused documents count below.',
        unit: 'short',
        queries: [
          { expr: `count by (hash) (story_tasks_config_info{${here}} == 1)`, legend: '{{hash}}' },
          { expr: `sum(increase(story_tasks_config_rejected_total{${here}}[15m]))`, legend: 'refused in 15 min' },
        ],
      },
    ],
  },
];
