/* What a compiled program relies on: names, signatures, layouts, numbers, texts, refusals. */
#include "goxel_daemon.h"
#include "goxel_headless.h"

#include <stddef.h>
#include <string.h>

#include "check.h"

typedef goxel_context_t *ctx_t;
typedef goxel_error_t err_t;
typedef const goxel_color_t *color_in;

/* Each of the 28 functions, through a pointer of exactly its type. */
static ctx_t (*create_context)(void) = goxel_create_context;
static err_t (*init_context)(ctx_t) = goxel_init_context;
static void (*destroy_context)(ctx_t) = goxel_destroy_context;
static err_t (*create_project)(ctx_t, const char *, int, int, int) = goxel_create_project;
static err_t (*load_project)(ctx_t, const char *) = goxel_load_project;
static err_t (*save_project)(ctx_t, const char *) = goxel_save_project;
static err_t (*save_format)(ctx_t, const char *, const char *) = goxel_save_project_format;
static err_t (*close_project)(ctx_t) = goxel_close_project;
static err_t (*get_bounds)(ctx_t, int *, int *, int *) = goxel_get_project_bounds;
static err_t (*add_voxel)(ctx_t, int, int, int, color_in) = goxel_add_voxel;
static err_t (*remove_voxel)(ctx_t, int, int, int) = goxel_remove_voxel;
static err_t (*get_voxel)(ctx_t, int, int, int, goxel_color_t *) = goxel_get_voxel;
static err_t (*add_batch)(ctx_t, const goxel_pos_t *, color_in, size_t) = goxel_add_voxel_batch;
static err_t (*remove_box)(ctx_t, const goxel_box_t *) = goxel_remove_voxels_in_box;
static err_t (*paint_voxel)(ctx_t, int, int, int, color_in) = goxel_paint_voxel;
static err_t (*create_layer)(ctx_t, const char *, color_in, bool, goxel_layer_id_t *) = goxel_create_layer;
static err_t (*delete_layer)(ctx_t, goxel_layer_id_t) = goxel_delete_layer;
static err_t (*set_active)(ctx_t, goxel_layer_id_t) = goxel_set_active_layer;
static err_t (*get_active)(ctx_t, goxel_layer_id_t *) = goxel_get_active_layer;
static err_t (*set_visible)(ctx_t, goxel_layer_id_t, bool) = goxel_set_layer_visibility;
static err_t (*layer_count)(ctx_t, int *) = goxel_get_layer_count;
static err_t (*render_file)(ctx_t, const char *, const goxel_render_options_t *) = goxel_render_to_file;
static err_t (*render_buffer)(ctx_t, uint8_t **, size_t *, const goxel_render_options_t *) = goxel_render_to_buffer;
static const char *(*error_string)(err_t) = goxel_get_error_string;
static const char *(*last_error)(ctx_t) = goxel_get_last_error;
static err_t (*memory_usage)(ctx_t, size_t *, size_t *) = goxel_get_memory_usage;
static const char *(*get_version)(int *, int *, int *) = goxel_get_version;
static bool (*has_feature)(const char *) = goxel_has_feature;

static const struct {
    int number;
    int expected;
    const char *text;
} ERRORS[] = {
    {GOXEL_SUCCESS, 0, "Success"},
    {GOXEL_ERROR_INVALID_CONTEXT, 1, "Invalid or NULL context provided"},
    {GOXEL_ERROR_INVALID_PARAMETER, 2, "Invalid parameter value"},
    {GOXEL_ERROR_FILE_NOT_FOUND, 3, "File does not exist"},
    {GOXEL_ERROR_FILE_ACCESS, 4, "Cannot read/write file"},
    {GOXEL_ERROR_UNSUPPORTED_FORMAT, 5, "File format not supported"},
    {GOXEL_ERROR_OUT_OF_MEMORY, 6, "Memory allocation failed"},
    {GOXEL_ERROR_INVALID_OPERATION, 7, "Operation not valid in current state"},
    {GOXEL_ERROR_LAYER_NOT_FOUND, 8, "Specified layer does not exist"},
    {GOXEL_ERROR_RENDER_FAILED, 9, "Rendering operation failed"},
    {GOXEL_ERROR_SCRIPT_FAILED, 10, "Script execution failed"},
    {GOXEL_ERROR_INIT_FAILED, 11, "Context initialization failed"},
    {GOXEL_ERROR_UNKNOWN, -1, "Unknown or unspecified error"},
    {12, 12, "Unknown error"},
    {-2, -2, "Unknown error"},
    {1000000, 1000000, "Unknown error"},
};

static void errors_have_their_numbers_and_texts(void)
{
    for (size_t i = 0; i < sizeof ERRORS / sizeof *ERRORS; i++) {
        CHECK_EQ(ERRORS[i].number, ERRORS[i].expected);
        CHECK(strcmp(error_string((err_t)ERRORS[i].number), ERRORS[i].text) == 0);
    }
}

static void layouts_are_the_old_ones(void)
{
    CHECK_EQ(sizeof(goxel_error_t), 4);
    CHECK_EQ(sizeof(goxel_color_t), 4);
    CHECK_EQ(sizeof(goxel_pos_t), 12);
    CHECK_EQ(sizeof(goxel_box_t), 24);
    CHECK_EQ(sizeof(goxel_layer_id_t), 4);
    CHECK_EQ(sizeof(goxel_camera_preset_t), 4);
    CHECK_EQ(sizeof(goxel_render_format_t), 4);
    CHECK_EQ(sizeof(goxel_render_options_t), 20);
    CHECK_EQ(offsetof(goxel_color_t, a), 3);
    CHECK_EQ(offsetof(goxel_pos_t, z), 8);
    CHECK_EQ(offsetof(goxel_box_t, max), 12);
    CHECK_EQ(offsetof(goxel_render_options_t, height), 4);
    CHECK_EQ(offsetof(goxel_render_options_t, camera), 8);
    CHECK_EQ(offsetof(goxel_render_options_t, format), 12);
    CHECK_EQ(offsetof(goxel_render_options_t, quality), 16);
}

static void enums_have_their_numbers(void)
{
    CHECK_EQ(GOXEL_CAMERA_FRONT, 0);
    CHECK_EQ(GOXEL_CAMERA_BACK, 1);
    CHECK_EQ(GOXEL_CAMERA_LEFT, 2);
    CHECK_EQ(GOXEL_CAMERA_RIGHT, 3);
    CHECK_EQ(GOXEL_CAMERA_TOP, 4);
    CHECK_EQ(GOXEL_CAMERA_BOTTOM, 5);
    CHECK_EQ(GOXEL_CAMERA_ISOMETRIC, 6);
    CHECK_EQ(GOXEL_FORMAT_PNG, 0);
    CHECK_EQ(GOXEL_FORMAT_JPEG, 1);
    CHECK_EQ(GOXEL_FORMAT_BMP, 2);
}

static void the_version_is_told_in_parts_and_whole(void)
{
    int major = -1, minor = -1, patch = -1;
    CHECK(strcmp(get_version(&major, &minor, &patch), GOXEL_VERSION_STRING) == 0);
    CHECK_EQ(major, GOXEL_VERSION_MAJOR);
    CHECK_EQ(minor, GOXEL_VERSION_MINOR);
    CHECK_EQ(patch, GOXEL_VERSION_PATCH);
    CHECK_EQ(GOXEL_API_VERSION, 1);
    CHECK(get_version(NULL, NULL, NULL) == get_version(&major, NULL, NULL));
}

static void features_are_told_as_they_are(void)
{
    CHECK(has_feature("osmesa") && has_feature("threading"));
    CHECK(!has_feature("scripting") && !has_feature("Threading"));
    CHECK(!has_feature("") && !has_feature(NULL));
}

/* Every function that takes a context, with NULL for all else, and what it answers. */
typedef struct {
    const char *name;
    err_t answer;
} refusal_t;

#define CALLS 20

static void call_with_null(ctx_t ctx, refusal_t calls[CALLS])
{
    int n = 0;
#define CALL(name, ...) calls[n++] = (refusal_t){#name, name(ctx, __VA_ARGS__)}
    CALL(load_project, NULL);
    CALL(save_project, NULL);
    CALL(save_format, NULL, NULL);
    CALL(save_format, "/none/x", NULL);
    CALL(save_format, NULL, "gox");
    CALL(get_bounds, NULL, NULL, NULL);
    CALL(add_voxel, 0, 0, 0, NULL);
    CALL(get_voxel, 0, 0, 0, NULL);
    CALL(add_batch, NULL, NULL, 1);
    CALL(remove_box, NULL);
    CALL(paint_voxel, 0, 0, 0, NULL);
    CALL(create_layer, NULL, NULL, true, NULL);
    CALL(get_active, NULL);
    CALL(layer_count, NULL);
    CALL(render_file, NULL, NULL);
    CALL(render_file, "/none/x", NULL);
    CALL(render_buffer, NULL, NULL, NULL);
    CALL(memory_usage, NULL, NULL);
    CALL(create_project, NULL, 0, 1, 1);
    CALL(create_project, NULL, 1, 1, -1);
    CHECK_EQ(n, CALLS);
}

static void check_all(const char *when, ctx_t ctx, err_t expected)
{
    refusal_t calls[CALLS];
    call_with_null(ctx, calls);
    for (int i = 0; i < CALLS; i++) {
        if (calls[i].answer != expected) fprintf(stderr, "%s, %s:\n", when, calls[i].name);
        CHECK_EQ(calls[i].answer, expected);
    }
}

static void the_context_is_looked_at_first(void)
{
    ctx_t raw = create_context();
    CHECK(raw != NULL);
    ctx_t contexts[] = {NULL, raw};
    for (int i = 0; i < 2; i++) {
        check_all(i ? "not initialised" : "NULL", contexts[i], GOXEL_ERROR_INVALID_CONTEXT);
        CHECK_EQ(close_project(contexts[i]), GOXEL_ERROR_INVALID_CONTEXT);
        CHECK_EQ(remove_voxel(contexts[i], 0, 0, 0), GOXEL_ERROR_INVALID_CONTEXT);
        CHECK_EQ(delete_layer(contexts[i], 1), GOXEL_ERROR_INVALID_CONTEXT);
        CHECK_EQ(set_active(contexts[i], 1), GOXEL_ERROR_INVALID_CONTEXT);
        CHECK_EQ(set_visible(contexts[i], 1, true), GOXEL_ERROR_INVALID_CONTEXT);
        CHECK(last_error(contexts[i]) == NULL);
    }
    CHECK_EQ(init_context(NULL), GOXEL_ERROR_INVALID_CONTEXT);
    CHECK_EQ(init_context(raw), GOXEL_SUCCESS);
    CHECK_EQ(init_context(raw), GOXEL_SUCCESS);
    destroy_context(raw);
    destroy_context(NULL);
}

static void inputs_and_outputs_come_next(ctx_t ctx, const char *when)
{
    int n;
    size_t size;
    uint8_t *buffer = NULL;
    goxel_color_t color = {1, 2, 3, 4};
    goxel_pos_t at = {0, 0, 0};
    goxel_render_options_t flat = {16, 0, GOXEL_CAMERA_FRONT, GOXEL_FORMAT_PNG, 90};
    check_all(when, ctx, GOXEL_ERROR_INVALID_PARAMETER);
    CHECK_EQ(get_bounds(ctx, &n, &n, NULL), GOXEL_ERROR_INVALID_PARAMETER);
    CHECK_EQ(memory_usage(ctx, &size, NULL), GOXEL_ERROR_INVALID_PARAMETER);
    CHECK_EQ(memory_usage(ctx, NULL, &size), GOXEL_ERROR_INVALID_PARAMETER);
    CHECK_EQ(add_batch(ctx, &at, NULL, 1), GOXEL_ERROR_INVALID_PARAMETER);
    CHECK_EQ(add_batch(ctx, NULL, &color, 1), GOXEL_ERROR_INVALID_PARAMETER);
    CHECK_EQ(add_batch(ctx, &at, &color, 0), GOXEL_ERROR_INVALID_PARAMETER);
    CHECK_EQ(add_batch(ctx, &at, &color, (size_t)-1), GOXEL_ERROR_INVALID_PARAMETER);
    CHECK_EQ(render_file(ctx, "/none/x.png", &flat), GOXEL_ERROR_INVALID_PARAMETER);
    CHECK_EQ(render_buffer(ctx, &buffer, &size, &flat), GOXEL_ERROR_INVALID_PARAMETER);
    CHECK(strcmp(last_error(ctx), "Invalid render dimensions: 16x0") == 0);
    CHECK(buffer == NULL);
}

static void numbers_that_are_no_enum_are_refused(ctx_t ctx)
{
    size_t size;
    uint8_t *buffer = NULL;
    goxel_render_options_t options = {16, 16, (goxel_camera_preset_t)7, GOXEL_FORMAT_PNG, 90};
    CHECK_EQ(render_buffer(ctx, &buffer, &size, &options), GOXEL_ERROR_INVALID_PARAMETER);
    CHECK(strcmp(last_error(ctx), "Invalid camera preset: 7") == 0);
    options.camera = GOXEL_CAMERA_TOP;
    options.format = (goxel_render_format_t)-1;
    CHECK_EQ(render_buffer(ctx, &buffer, &size, &options), GOXEL_ERROR_INVALID_PARAMETER);
    CHECK(strcmp(last_error(ctx), "Invalid render format: -1") == 0);
    CHECK(buffer == NULL);
}

static void before_a_project_calls_answer_as_they_did(ctx_t ctx)
{
    int w = -7, layers = -7;
    size_t used, allocated;
    uint8_t *buffer = NULL;
    goxel_layer_id_t id = -7;
    goxel_color_t color = {1, 2, 3, 4};
    goxel_pos_t at = {0, 0, 0};
    goxel_box_t box = {{0, 0, 0}, {1, 1, 1}}, nothing = {{1, 1, 1}, {0, 0, 0}};
    goxel_render_options_t options = {16, 16, GOXEL_CAMERA_FRONT, GOXEL_FORMAT_PNG, 90};
    CHECK(last_error(ctx) == NULL);
    CHECK_EQ(get_voxel(ctx, 0, 0, 0, &color), GOXEL_ERROR_INVALID_PARAMETER);
    CHECK(last_error(ctx) == NULL);
    CHECK_EQ(save_project(ctx, "/none/x.gox"), GOXEL_ERROR_FILE_ACCESS);
    CHECK(strncmp(last_error(ctx), "Failed to save project to '/none/x.gox': no project", 51) == 0);
    CHECK_EQ(save_format(ctx, "/none/x", "gox"), GOXEL_ERROR_UNSUPPORTED_FORMAT);
    CHECK_EQ(load_project(ctx, "/none/x.gox"), GOXEL_ERROR_FILE_NOT_FOUND);
    CHECK_EQ(get_bounds(ctx, &w, &w, &w), GOXEL_ERROR_INVALID_OPERATION);
    CHECK_EQ(add_voxel(ctx, 4, -5, 6, &color), GOXEL_ERROR_INVALID_OPERATION);
    CHECK(strncmp(last_error(ctx), "Failed to add voxel at (4,-5,6): ", 33) == 0);
    CHECK_EQ(remove_voxel(ctx, 0, 0, 0), GOXEL_ERROR_INVALID_OPERATION);
    CHECK_EQ(paint_voxel(ctx, 0, 0, 0, &color), GOXEL_ERROR_INVALID_OPERATION);
    CHECK_EQ(add_batch(ctx, &at, &color, 1), GOXEL_ERROR_INVALID_OPERATION);
    CHECK_EQ(remove_box(ctx, &box), GOXEL_ERROR_INVALID_OPERATION);
    CHECK_EQ(remove_box(ctx, &nothing), GOXEL_ERROR_INVALID_OPERATION);
    CHECK_EQ(create_layer(ctx, "a", NULL, true, &id), GOXEL_ERROR_INVALID_OPERATION);
    CHECK_EQ(delete_layer(ctx, 1), GOXEL_ERROR_LAYER_NOT_FOUND);
    CHECK_EQ(set_active(ctx, 1), GOXEL_ERROR_LAYER_NOT_FOUND);
    CHECK_EQ(set_visible(ctx, 1, true), GOXEL_ERROR_LAYER_NOT_FOUND);
    CHECK_EQ(render_file(ctx, "/none/x.png", &options), GOXEL_ERROR_RENDER_FAILED);
    CHECK_EQ(render_buffer(ctx, &buffer, &used, &options), GOXEL_ERROR_RENDER_FAILED);
    CHECK(w == -7 && id == -7 && buffer == NULL);
    CHECK_EQ(get_active(ctx, &id), GOXEL_SUCCESS);
    CHECK_EQ(id, -1);
    CHECK_EQ(layer_count(ctx, &layers), GOXEL_SUCCESS);
    CHECK_EQ(layers, 0);
    CHECK_EQ(memory_usage(ctx, &used, &allocated), GOXEL_SUCCESS);
    CHECK(used == 0 && allocated > 0);
}

static void last_errors_say_what_was_wrong(ctx_t ctx)
{
    static const char *const LONG = "/none/";
    char path[2000];
    CHECK_EQ(create_project(ctx, NULL, 5, 0, -3), GOXEL_ERROR_INVALID_PARAMETER);
    CHECK(strcmp(last_error(ctx), "Invalid project dimensions: 5x0x-3") == 0);
    CHECK_EQ(load_project(ctx, NULL), GOXEL_ERROR_INVALID_PARAMETER);
    CHECK(strcmp(last_error(ctx), "Project path cannot be NULL") == 0);
    CHECK_EQ(save_project(ctx, NULL), GOXEL_ERROR_INVALID_PARAMETER);
    CHECK(strcmp(last_error(ctx), "Save path cannot be NULL") == 0);
    CHECK_EQ(save_format(ctx, "x", NULL), GOXEL_ERROR_INVALID_PARAMETER);
    CHECK(strcmp(last_error(ctx), "Save path and format cannot be NULL") == 0);
    CHECK_EQ(get_bounds(ctx, NULL, NULL, NULL), GOXEL_ERROR_INVALID_PARAMETER);
    CHECK(strcmp(last_error(ctx), "Output parameters cannot be NULL") == 0);
    CHECK_EQ(add_voxel(ctx, 0, 0, 0, NULL), GOXEL_ERROR_INVALID_PARAMETER);
    CHECK(strcmp(last_error(ctx), "Color cannot be NULL") == 0);
    CHECK_EQ(create_project(ctx, NULL, 1, 1, 1), GOXEL_SUCCESS);
    CHECK(strcmp(last_error(ctx), "Color cannot be NULL") == 0);
    memset(path, 'x', sizeof path);
    memcpy(path, LONG, strlen(LONG));
    path[sizeof path - 1] = 0;
    CHECK_EQ(load_project(ctx, path), GOXEL_ERROR_FILE_NOT_FOUND);
    CHECK_EQ(strlen(last_error(ctx)), 511);
}

int main(void)
{
    ctx_t ctx = create_context();
    CHECK_EQ(init_context(ctx), GOXEL_SUCCESS);
    errors_have_their_numbers_and_texts();
    layouts_are_the_old_ones();
    enums_have_their_numbers();
    the_version_is_told_in_parts_and_whole();
    features_are_told_as_they_are();
    the_context_is_looked_at_first();
    before_a_project_calls_answer_as_they_did(ctx);
    inputs_and_outputs_come_next(ctx, "without a project");
    CHECK_EQ(create_project(ctx, "p", 1, 1, 1), GOXEL_SUCCESS);
    inputs_and_outputs_come_next(ctx, "with a project");
    numbers_that_are_no_enum_are_refused(ctx);
    last_errors_say_what_was_wrong(ctx);
    destroy_context(ctx);
    return report();
}
