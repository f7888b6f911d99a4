/*
 * Contexts share nothing, and one context may be shared.
 *
 * 64 threads work on a context each, saving into the folder that is the first argument;
 * then 64 threads write into one context.
 */
#include "goxel_headless.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

#define THREADS 64
#define VOXELS 100

static const char *folder;

typedef struct {
    pthread_t thread;
    goxel_context_t *ctx;
    int number;
    int wrong;
} worker_t;

static goxel_color_t color_of(int number)
{
    goxel_color_t color = {(uint8_t)number, 20, 30, 255};
    return color;
}

static void build(worker_t *worker)
{
    goxel_color_t color = color_of(worker->number);
    for (int i = 0; i < VOXELS; i++) {
        int z = worker->number;
        worker->wrong += goxel_add_voxel(worker->ctx, i, -i, z, &color) != GOXEL_SUCCESS;
    }
}

static void look(worker_t *worker)
{
    goxel_color_t expected = color_of(worker->number), found;
    for (int i = 0; i < VOXELS; i++) {
        int z = worker->number;
        worker->wrong += goxel_get_voxel(worker->ctx, i, -i, z, &found) != GOXEL_SUCCESS;
        worker->wrong += memcmp(&found, &expected, sizeof found) != 0;
    }
    worker->wrong += goxel_get_voxel(worker->ctx, 0, 0, -1, &found) != GOXEL_SUCCESS;
    worker->wrong += found.a != 0;
}

static void save_and_load(worker_t *worker)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/thread%d.gox", folder, worker->number);
    worker->wrong += goxel_save_project(worker->ctx, path) != GOXEL_SUCCESS;
    worker->wrong += goxel_close_project(worker->ctx) != GOXEL_SUCCESS;
    worker->wrong += goxel_load_project(worker->ctx, path) != GOXEL_SUCCESS;
}

static void render(worker_t *worker)
{
    goxel_render_options_t options = {16, 16, GOXEL_CAMERA_ISOMETRIC, GOXEL_FORMAT_PNG, 90};
    uint8_t *buffer = NULL;
    size_t size = 0;
    worker->wrong += goxel_render_to_buffer(worker->ctx, &buffer, &size, &options) != GOXEL_SUCCESS;
    worker->wrong += buffer == NULL || size == 0;
    free(buffer);
}

/* The text of the last error is the context's own. */
static void fail_in_own_words(worker_t *worker)
{
    char expected[64];
    int number = -worker->number - 1;
    snprintf(expected, sizeof expected, "Invalid project dimensions: %dx1x1", number);
    worker->wrong += goxel_create_project(worker->ctx, NULL, number, 1, 1) != GOXEL_ERROR_INVALID_PARAMETER;
    worker->wrong += strcmp(goxel_get_last_error(worker->ctx), expected) != 0;
}

static void *work_alone(void *argument)
{
    worker_t *worker = argument;
    worker->ctx = goxel_create_context();
    worker->wrong += goxel_init_context(worker->ctx) != GOXEL_SUCCESS;
    worker->wrong += goxel_create_project(worker->ctx, NULL, 8, 8, 8) != GOXEL_SUCCESS;
    build(worker);
    look(worker);
    save_and_load(worker);
    look(worker);
    render(worker);
    fail_in_own_words(worker);
    goxel_destroy_context(worker->ctx);
    return NULL;
}

static void *work_together(void *argument)
{
    build(argument);
    look(argument);
    return NULL;
}

static void run(worker_t *workers, void *(*work)(void *))
{
    for (int i = 0; i < THREADS; i++) {
        workers[i].number = i;
        CHECK(pthread_create(&workers[i].thread, NULL, work, &workers[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        CHECK(pthread_join(workers[i].thread, NULL) == 0);
        CHECK_EQ(workers[i].wrong, 0);
    }
}

static void contexts_share_nothing(void)
{
    static worker_t workers[THREADS];
    run(workers, work_alone);
}

static void a_shared_context_loses_nothing(void)
{
    static worker_t workers[THREADS];
    goxel_context_t *ctx = goxel_create_context();
    CHECK_EQ(goxel_init_context(ctx), GOXEL_SUCCESS);
    CHECK_EQ(goxel_create_project(ctx, NULL, 8, 8, 8), GOXEL_SUCCESS);
    for (int i = 0; i < THREADS; i++) workers[i].ctx = ctx;
    run(workers, work_together);
    for (int i = 0; i < THREADS; i++) look(&workers[i]);
    for (int i = 0; i < THREADS; i++) CHECK_EQ(workers[i].wrong, 0);
    goxel_destroy_context(ctx);
}

int main(int argc, char **argv)
{
    folder = argc > 1 ? argv[1] : ".";
    contexts_share_nothing();
    a_shared_context_loses_nothing();
    return report();
}
