/*
 * A first model: a tree on an island, in three layers.
 *
 * Builds it, saves it as .gox and .vox, loads both back, checks them, and renders a picture.
 *
 *     cc -I include examples-c/01_first_model.c -L target/release -lgoxel \
 *        -Wl,-rpath,target/release -o first_model
 *     ./first_model [folder for the files]
 */
#include "goxel_headless.h"

#include <stdio.h>
#include <string.h>

static const goxel_color_t GRASS = {106, 170, 68, 255};
static const goxel_color_t SAND = {226, 205, 142, 255};
static const goxel_color_t BARK = {121, 85, 58, 255};
static const goxel_color_t LEAF = {58, 140, 82, 255};
static const goxel_color_t BLOSSOM = {240, 150, 180, 255};

/* Says what failed and why. The caller goes on to free what it holds. */
static goxel_error_t fail(goxel_context_t *ctx, const char *what, goxel_error_t error)
{
    const char *why = goxel_get_last_error(ctx);
    fprintf(stderr, "%s: %s (%s)\n", what, goxel_get_error_string(error), why ? why : "no details");
    return error;
}

/* Makes a layer, which is then the active one: voxels go there. */
static goxel_error_t new_layer(goxel_context_t *ctx, const char *name, goxel_layer_id_t *layer)
{
    goxel_error_t error = goxel_create_layer(ctx, name, NULL, true, layer);
    if (error != GOXEL_SUCCESS) return fail(ctx, name, error);
    printf("layer %d is '%s'\n", *layer, name);
    return GOXEL_SUCCESS;
}

/* A flat disc, voxel by voxel: grass on top, sand at the rim. */
static goxel_error_t build_island(goxel_context_t *ctx)
{
    for (int y = -9; y <= 9; y++) {
        for (int x = -9; x <= 9; x++) {
            int distance = x * x + y * y;
            if (distance > 90) continue;
            const goxel_color_t *color = distance > 56 ? &SAND : &GRASS;
            goxel_error_t error = goxel_add_voxel(ctx, x, y, 0, color);
            if (error != GOXEL_SUCCESS) return fail(ctx, "island", error);
        }
    }
    return GOXEL_SUCCESS;
}

/* A trunk, in one call. */
static goxel_error_t build_trunk(goxel_context_t *ctx)
{
    goxel_pos_t positions[32];
    goxel_color_t colors[32];
    for (int i = 0; i < 32; i++) {
        positions[i] = (goxel_pos_t){i % 2, i / 2 % 2, 1 + i / 4};
        colors[i] = BARK;
    }
    goxel_error_t error = goxel_add_voxel_batch(ctx, positions, colors, 32);
    return error == GOXEL_SUCCESS ? error : fail(ctx, "trunk", error);
}

/* A ball of leaves, cut flat from below, with some blossom painted on. */
static goxel_error_t build_crown(goxel_context_t *ctx)
{
    for (int z = -5; z <= 5; z++) {
        for (int y = -5; y <= 5; y++) {
            for (int x = -5; x <= 5; x++) {
                if (x * x + y * y + z * z > 27) continue;
                goxel_error_t error = goxel_add_voxel(ctx, x, y, 11 + z, &LEAF);
                if (error != GOXEL_SUCCESS) return fail(ctx, "leaves", error);
                if ((7 * x + 5 * y + 3 * z) % 9 != 0) continue;
                error = goxel_paint_voxel(ctx, x, y, 11 + z, &BLOSSOM);
                if (error != GOXEL_SUCCESS) return fail(ctx, "blossom", error);
            }
        }
    }
    goxel_box_t below = {{-5, -5, 6}, {5, 5, 7}};
    goxel_error_t error = goxel_remove_voxels_in_box(ctx, &below);
    return error == GOXEL_SUCCESS ? error : fail(ctx, "cut", error);
}

static goxel_error_t build(goxel_context_t *ctx)
{
    goxel_layer_id_t trunk, crown;
    goxel_error_t error = goxel_create_project(ctx, "first model", 32, 32, 32);
    if (error != GOXEL_SUCCESS) return fail(ctx, "project", error);
    if ((error = build_island(ctx)) != GOXEL_SUCCESS) return error;
    if ((error = new_layer(ctx, "trunk", &trunk)) != GOXEL_SUCCESS) return error;
    if ((error = build_trunk(ctx)) != GOXEL_SUCCESS) return error;
    if ((error = new_layer(ctx, "crown", &crown)) != GOXEL_SUCCESS) return error;
    return build_crown(ctx);
}

/* Saves the project in the format its name ends in. */
static goxel_error_t save(goxel_context_t *ctx, const char *path)
{
    goxel_error_t error = goxel_save_project(ctx, path);
    if (error != GOXEL_SUCCESS) return fail(ctx, path, error);
    printf("saved %s\n", path);
    return GOXEL_SUCCESS;
}

/* Loads the file into a context of its own and looks for the top of the crown. */
static goxel_error_t load_and_check(goxel_context_t *ctx, const char *path)
{
    goxel_color_t found;
    int layers;
    goxel_error_t error = goxel_init_context(ctx);
    if (error != GOXEL_SUCCESS) return fail(ctx, "init", error);
    error = goxel_load_project(ctx, path);
    if (error != GOXEL_SUCCESS) return fail(ctx, path, error);
    error = goxel_get_layer_count(ctx, &layers);
    if (error != GOXEL_SUCCESS) return fail(ctx, "layers", error);
    error = goxel_get_voxel(ctx, 0, 1, 16, &found);
    if (error != GOXEL_SUCCESS) return fail(ctx, "voxel", error);
    if (layers != 3 || memcmp(&found, &LEAF, sizeof found) != 0) {
        fprintf(stderr, "%s: %d layers, and the leaf is %d,%d,%d,%d\n", path, layers, found.r,
                found.g, found.b, found.a);
        return GOXEL_ERROR_UNKNOWN;
    }
    printf("loaded %s: %d layers, the leaf is where it was\n", path, layers);
    return GOXEL_SUCCESS;
}

static goxel_error_t check_file(const char *path)
{
    goxel_context_t *ctx = goxel_create_context();
    goxel_error_t error = load_and_check(ctx, path);
    goxel_destroy_context(ctx);
    return error;
}

static goxel_error_t render(goxel_context_t *ctx, const char *path)
{
    goxel_render_options_t options = {640, 480, GOXEL_CAMERA_ISOMETRIC, GOXEL_FORMAT_PNG, 90};
    goxel_error_t error = goxel_render_to_file(ctx, path, &options);
    if (error != GOXEL_SUCCESS) return fail(ctx, path, error);
    printf("rendered %s\n", path);
    return GOXEL_SUCCESS;
}

static goxel_error_t run(goxel_context_t *ctx, const char *folder)
{
    char gox[4096], vox[4096], png[4096];
    goxel_error_t error = goxel_init_context(ctx);
    if (error != GOXEL_SUCCESS) return fail(ctx, "init", error);
    snprintf(gox, sizeof gox, "%s/first_model.gox", folder);
    snprintf(vox, sizeof vox, "%s/first_model.vox", folder);
    snprintf(png, sizeof png, "%s/first_model.png", folder);
    if ((error = build(ctx)) != GOXEL_SUCCESS) return error;
    if ((error = save(ctx, gox)) != GOXEL_SUCCESS) return error;
    if ((error = save(ctx, vox)) != GOXEL_SUCCESS) return error;
    if ((error = check_file(gox)) != GOXEL_SUCCESS) return error;
    if ((error = check_file(vox)) != GOXEL_SUCCESS) return error;
    return render(ctx, png);
}

int main(int argc, char **argv)
{
    printf("goxel %s\n", goxel_get_version(NULL, NULL, NULL));
    goxel_context_t *ctx = goxel_create_context();
    goxel_error_t error = run(ctx, argc > 1 ? argv[1] : ".");
    goxel_destroy_context(ctx);
    return error == GOXEL_SUCCESS ? 0 : 1;
}
