/* What the calls do to voxels, layers and projects. */
#include "goxel_headless.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"

static const goxel_color_t RED = {255, 0, 0, 255};
static const goxel_color_t FAINT = {9, 8, 7, 1};
static const goxel_color_t NONE = {50, 60, 70, 0};

/* The colour there as a number, 0xrrggbbaa. */
static unsigned long at(goxel_context_t *ctx, int x, int y, int z)
{
    goxel_color_t c = {1, 1, 1, 1};
    CHECK_EQ(goxel_get_voxel(ctx, x, y, z, &c), GOXEL_SUCCESS);
    return (unsigned long)c.r << 24 | (unsigned long)c.g << 16 | (unsigned long)c.b << 8 | c.a;
}

static void voxels_are_written_read_and_erased(goxel_context_t *ctx)
{
    CHECK_EQ(at(ctx, 0, 0, 0), 0);
    CHECK_EQ(goxel_add_voxel(ctx, 0, 0, 0, &RED), GOXEL_SUCCESS);
    CHECK_EQ(at(ctx, 0, 0, 0), 0xff0000ff);
    CHECK_EQ(goxel_add_voxel(ctx, 0, 0, 0, &FAINT), GOXEL_SUCCESS);
    CHECK_EQ(at(ctx, 0, 0, 0), 0x09080701);
    CHECK_EQ(goxel_add_voxel(ctx, 0, 0, 0, &NONE), GOXEL_SUCCESS);
    CHECK_EQ(at(ctx, 0, 0, 0), 0);
    CHECK_EQ(goxel_add_voxel(ctx, 0, 0, 0, &NONE), GOXEL_SUCCESS);
    CHECK_EQ(goxel_remove_voxel(ctx, 0, 0, 0), GOXEL_SUCCESS);
    CHECK_EQ(goxel_add_voxel(ctx, INT_MIN, INT_MAX, -1, &RED), GOXEL_SUCCESS);
    CHECK_EQ(at(ctx, INT_MIN, INT_MAX, -1), 0xff0000ff);
    CHECK_EQ(goxel_remove_voxel(ctx, INT_MIN, INT_MAX, -1), GOXEL_SUCCESS);
    CHECK_EQ(at(ctx, INT_MIN, INT_MAX, -1), 0);
}

static void painting_needs_a_voxel(goxel_context_t *ctx)
{
    CHECK_EQ(goxel_paint_voxel(ctx, 5, 5, 5, &RED), GOXEL_ERROR_INVALID_OPERATION);
    CHECK_EQ(at(ctx, 5, 5, 5), 0);
    CHECK_EQ(goxel_add_voxel(ctx, 5, 5, 5, &RED), GOXEL_SUCCESS);
    CHECK_EQ(goxel_paint_voxel(ctx, 5, 5, 5, &FAINT), GOXEL_SUCCESS);
    CHECK_EQ(at(ctx, 5, 5, 5), 0x09080701);
    CHECK_EQ(goxel_paint_voxel(ctx, 5, 5, 5, &NONE), GOXEL_SUCCESS);
    CHECK_EQ(at(ctx, 5, 5, 5), 0);
}

static void in_a_batch_the_last_one_wins(goxel_context_t *ctx)
{
    goxel_pos_t positions[] = {{1, 0, 0}, {2, 0, 0}, {1, 0, 0}, {2, 0, 0}};
    goxel_color_t colors[] = {{1, 1, 1, 9}, {2, 2, 2, 9}, {3, 3, 3, 9}, {0, 0, 0, 0}};
    CHECK_EQ(goxel_add_voxel_batch(ctx, positions, colors, 4), GOXEL_SUCCESS);
    CHECK_EQ(at(ctx, 1, 0, 0), 0x03030309);
    CHECK_EQ(at(ctx, 2, 0, 0), 0);
}

static void both_corners_of_a_box_are_in_it(goxel_context_t *ctx)
{
    goxel_box_t box = {{20, 0, 0}, {22, 0, 0}}, backwards = {{22, 0, 0}, {20, 0, 0}};
    goxel_box_t everything = {{INT_MIN, INT_MIN, INT_MIN}, {INT_MAX, INT_MAX, INT_MAX}};
    for (int x = 19; x <= 23; x++) CHECK_EQ(goxel_add_voxel(ctx, x, 0, 0, &RED), GOXEL_SUCCESS);
    CHECK_EQ(goxel_remove_voxels_in_box(ctx, &backwards), GOXEL_SUCCESS);
    CHECK_EQ(at(ctx, 20, 0, 0), 0xff0000ff);
    CHECK_EQ(goxel_remove_voxels_in_box(ctx, &box), GOXEL_SUCCESS);
    for (int x = 19; x <= 23; x++) CHECK_EQ(at(ctx, x, 0, 0) == 0, x >= 20 && x <= 22);
    CHECK_EQ(goxel_remove_voxels_in_box(ctx, &everything), GOXEL_SUCCESS);
    CHECK_EQ(at(ctx, 19, 0, 0), 0);
}

static void boxes_far_away_are_exact(goxel_context_t *ctx)
{
    int far = INT_MAX - 5;
    goxel_box_t box = {{far + 1, 0, 0}, {far + 2, 0, 0}};
    for (int x = far; x <= far + 3; x++) CHECK_EQ(goxel_add_voxel(ctx, x, 0, 0, &RED), GOXEL_SUCCESS);
    CHECK_EQ(goxel_remove_voxels_in_box(ctx, &box), GOXEL_SUCCESS);
    for (int x = 0; x <= 3; x++) CHECK_EQ(at(ctx, far + x, 0, 0) != 0, x == 0 || x == 3);
}

/* One voxel in each of more bricks than a layer may have. */
static void a_batch_over_the_limit_writes_nothing(goxel_context_t *ctx)
{
    size_t count = (1 << 20) + 1;
    goxel_pos_t *positions = malloc(count * sizeof *positions);
    goxel_color_t *colors = malloc(count * sizeof *colors);
    CHECK(positions != NULL && colors != NULL);
    for (size_t i = 0; positions && colors && i < count; i++) {
        positions[i] = (goxel_pos_t){16 * (int)(i % 2048), 16 * (int)(i / 2048), 1000};
        colors[i] = RED;
    }
    CHECK_EQ(goxel_add_voxel_batch(ctx, positions, colors, count), GOXEL_ERROR_OUT_OF_MEMORY);
    CHECK(strstr(goxel_get_last_error(ctx), "1048576 bricks") != NULL);
    CHECK_EQ(at(ctx, 0, 0, 1000), 0);
    free(positions);
    free(colors);
}

static int layers(goxel_context_t *ctx)
{
    int count = -1;
    CHECK_EQ(goxel_get_layer_count(ctx, &count), GOXEL_SUCCESS);
    return count;
}

static int active(goxel_context_t *ctx)
{
    goxel_layer_id_t id = -1;
    CHECK_EQ(goxel_get_active_layer(ctx, &id), GOXEL_SUCCESS);
    return id;
}

static int new_layer(goxel_context_t *ctx, const char *name)
{
    goxel_layer_id_t id = -1;
    CHECK_EQ(goxel_create_layer(ctx, name, &RED, true, &id), GOXEL_SUCCESS);
    return id;
}

static void voxels_belong_to_the_active_layer(goxel_context_t *ctx)
{
    CHECK_EQ(goxel_create_project(ctx, NULL, 8, 8, 8), GOXEL_SUCCESS);
    CHECK_EQ(layers(ctx), 1);
    CHECK_EQ(active(ctx), 1);
    CHECK_EQ(goxel_add_voxel(ctx, 0, 0, 0, &RED), GOXEL_SUCCESS);
    CHECK_EQ(new_layer(ctx, "same"), 2);
    CHECK_EQ(active(ctx), 2);
    CHECK_EQ(at(ctx, 0, 0, 0), 0);
    CHECK_EQ(goxel_set_active_layer(ctx, 1), GOXEL_SUCCESS);
    CHECK_EQ(active(ctx), 1);
    CHECK_EQ(at(ctx, 0, 0, 0), 0xff0000ff);
}

static void layers_come_and_go(goxel_context_t *ctx)
{
    char name[400];
    memset(name, 'n', sizeof name);
    name[sizeof name - 1] = 0;
    CHECK_EQ(new_layer(ctx, "same"), 3);
    CHECK_EQ(new_layer(ctx, NULL), 4);
    CHECK_EQ(new_layer(ctx, name), 5);
    CHECK_EQ(new_layer(ctx, "\xff not UTF-8"), 6);
    CHECK_EQ(goxel_delete_layer(ctx, 2), GOXEL_SUCCESS);
    CHECK_EQ(goxel_delete_layer(ctx, 2), GOXEL_ERROR_LAYER_NOT_FOUND);
    CHECK_EQ(goxel_set_active_layer(ctx, 2), GOXEL_ERROR_LAYER_NOT_FOUND);
    CHECK_EQ(new_layer(ctx, "again"), 2);
    CHECK_EQ(goxel_delete_layer(ctx, 2), GOXEL_SUCCESS);
    CHECK_EQ(active(ctx), 6);
    CHECK_EQ(layers(ctx), 5);
    int ids[] = {0, -1, INT_MIN, INT_MAX, 99};
    for (int i = 0; i < 5; i++) {
        CHECK_EQ(goxel_delete_layer(ctx, ids[i]), GOXEL_ERROR_LAYER_NOT_FOUND);
        CHECK_EQ(goxel_set_active_layer(ctx, ids[i]), GOXEL_ERROR_LAYER_NOT_FOUND);
        CHECK_EQ(goxel_set_layer_visibility(ctx, ids[i], true), GOXEL_ERROR_LAYER_NOT_FOUND);
    }
    CHECK_EQ(goxel_set_layer_visibility(ctx, 1, false), GOXEL_SUCCESS);
}

static void the_last_layer_is_replaced(goxel_context_t *ctx)
{
    CHECK_EQ(goxel_close_project(ctx), GOXEL_SUCCESS);
    CHECK_EQ(goxel_add_voxel(ctx, 0, 0, 0, &RED), GOXEL_SUCCESS);
    CHECK_EQ(goxel_delete_layer(ctx, 1), GOXEL_SUCCESS);
    CHECK_EQ(layers(ctx), 1);
    CHECK_EQ(active(ctx), 1);
    CHECK_EQ(at(ctx, 0, 0, 0), 0);
    CHECK_EQ(goxel_add_voxel(ctx, 0, 0, 0, &RED), GOXEL_SUCCESS);
}

static void a_closed_project_is_an_empty_one(goxel_context_t *ctx)
{
    int w = 0, h = 0, d = 0;
    CHECK_EQ(goxel_close_project(ctx), GOXEL_SUCCESS);
    CHECK_EQ(at(ctx, 0, 0, 0), 0);
    CHECK_EQ(goxel_get_project_bounds(ctx, &w, &h, &d), GOXEL_SUCCESS);
    CHECK(w == 32 && h == 32 && d == 32);
    CHECK_EQ(goxel_create_project(ctx, "sized", 5, 6, 7), GOXEL_SUCCESS);
    CHECK_EQ(goxel_add_voxel(ctx, 500, 500, 500, &RED), GOXEL_SUCCESS);
    CHECK_EQ(goxel_get_project_bounds(ctx, &w, &h, &d), GOXEL_SUCCESS);
    CHECK(w == 32 && h == 32 && d == 32);
}

static void memory_grows_with_voxels(goxel_context_t *ctx)
{
    size_t empty, used, allocated;
    CHECK_EQ(goxel_create_project(ctx, NULL, 1, 1, 1), GOXEL_SUCCESS);
    CHECK_EQ(goxel_get_memory_usage(ctx, &empty, &allocated), GOXEL_SUCCESS);
    for (int i = 0; i < 1000; i++) CHECK(goxel_add_voxel(ctx, 16 * i, 0, 0, &RED) == GOXEL_SUCCESS);
    CHECK_EQ(goxel_get_memory_usage(ctx, &used, &allocated), GOXEL_SUCCESS);
    CHECK(used >= empty + 1000 * 512 && used < allocated);
}

int main(void)
{
    goxel_context_t *ctx = goxel_create_context();
    CHECK_EQ(goxel_init_context(ctx), GOXEL_SUCCESS);
    CHECK_EQ(goxel_close_project(ctx), GOXEL_SUCCESS);
    voxels_are_written_read_and_erased(ctx);
    painting_needs_a_voxel(ctx);
    in_a_batch_the_last_one_wins(ctx);
    both_corners_of_a_box_are_in_it(ctx);
    boxes_far_away_are_exact(ctx);
    a_batch_over_the_limit_writes_nothing(ctx);
    voxels_belong_to_the_active_layer(ctx);
    layers_come_and_go(ctx);
    the_last_layer_is_replaced(ctx);
    a_closed_project_is_an_empty_one(ctx);
    memory_grows_with_voxels(ctx);
    goxel_destroy_context(ctx);
    return report();
}
