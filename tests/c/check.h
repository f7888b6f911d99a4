/* Checks that go on after a failure; a program ends with `return report()`. */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>

static int checks, failures;

#define CHECK(condition) check((condition) != 0, #condition, __FILE__, __LINE__)
#define CHECK_EQ(left, right) check_eq((long)(left), (long)(right), #left, __FILE__, __LINE__)

static void check(int holds, const char *what, const char *file, int line)
{
    checks++;
    if (holds) return;
    failures++;
    fprintf(stderr, "%s:%d: not so: %s\n", file, line, what);
}

static void check_eq(long left, long right, const char *what, const char *file, int line)
{
    checks++;
    if (left == right) return;
    failures++;
    fprintf(stderr, "%s:%d: %s is %ld, not %ld\n", file, line, what, left, right);
}

static int report(void)
{
    printf("%d checks, %d failed\n", checks, failures);
    return failures != 0;
}

#endif
