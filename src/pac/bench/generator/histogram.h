/* Latencies, counted in log-linear buckets that keep three significant digits: Gil Tene's HdrHistogram
 * (https://hdrhistogram.org). Values are nanoseconds; recording is a shift and an increment, and two histograms
 * are added by adding their counts. Percentiles are read off in Python (pac.bench.histogram), from the same buckets.
 */
#ifndef HISTOGRAM_H
#define HISTOGRAM_H

#include <stdint.h>
#include <stdio.h>

#define HALF_BITS 10 /* 2^11 steps in the first bucket, 2^10 in each later one: a step is at most 1/1024 of its value */
#define HALF (1u << HALF_BITS)
#define TOP_BITS 42 /* 73 minutes; what is longer counts as that */
#define BUCKETS ((TOP_BITS - HALF_BITS) * HALF + HALF)

typedef struct {
    uint64_t counts[BUCKETS];
    uint64_t count, max;
    double sum;
} Histogram;

static inline uint32_t bucket_of(uint64_t value)
{
    const uint32_t power = 63 - (uint32_t)__builtin_clzll(value | (2 * HALF - 1)) - HALF_BITS;
    return (power << HALF_BITS) + (uint32_t)(value >> power);
}

static inline uint64_t lowest_in(uint32_t bucket)
{
    if (bucket < 2 * HALF)
        return bucket;
    const uint32_t power = (bucket >> HALF_BITS) - 1;
    return (uint64_t)(bucket - (power << HALF_BITS)) << power;
}

static inline void record(Histogram *histogram, uint64_t value)
{
    const uint64_t most = (1ull << TOP_BITS) - 1;
    histogram->counts[bucket_of(value < most ? value : most)]++;
    histogram->count++;
    histogram->sum += (double)value;
    if (value > histogram->max)
        histogram->max = value;
}

static void print_histogram(const char *name, const Histogram *histogram)
{
    printf("\"%s\":{\"count\":%llu,\"max\":%llu,\"sum\":%.0f,\"buckets\":[", name,
           (unsigned long long)histogram->count, (unsigned long long)histogram->max, histogram->sum);
    const char *comma = "";
    for (uint32_t bucket = 0; bucket < BUCKETS; bucket++)
        if (histogram->counts[bucket]) {
            printf("%s[%llu,%llu]", comma, (unsigned long long)lowest_in(bucket),
                   (unsigned long long)histogram->counts[bucket]);
            comma = ",";
        }
    printf("]}");
}

#endif
