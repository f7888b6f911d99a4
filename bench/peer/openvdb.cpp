// The peer of benches/openvdb.rs: the same work done by OpenVDB, one thread, CPU time.
//
// Reads one request a line from stdin and answers each with `seconds check`, where `check`
// is a sum or count that the Rust side computes too. Input voxels come from files, so
// neither side's time holds the making of a scene.
#include <openvdb/openvdb.h>

#include <cstdint>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <map>
#include <string>
#include <vector>

using Grid = openvdb::Int32Grid;
using openvdb::Coord;
using openvdb::CoordBBox;

struct Voxel {
    int32_t x, y, z;
    uint32_t rgba;
};

static double now() {
    timespec time;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return time.tv_sec + time.tv_nsec * 1e-9;
}

struct Lcg {
    uint64_t state = 0x9E3779B97F4A7C15ull;
    uint32_t next() {
        state = state * 6364136223846793005ull + 1442695040888963407ull;
        return state >> 32;
    }
};

static Coord place(uint32_t a, uint32_t b, uint32_t edge) {
    return Coord(a & (edge - 1), (a >> 12) & (edge - 1), b & (edge - 1));
}

static std::vector<Voxel> load(const std::string& path) {
    FILE* file = fopen(path.c_str(), "rb");
    if (!file) throw std::runtime_error("cannot open " + path);
    fseek(file, 0, SEEK_END);
    std::vector<Voxel> voxels(ftell(file) / sizeof(Voxel));
    rewind(file);
    if (fread(voxels.data(), sizeof(Voxel), voxels.size(), file) != voxels.size())
        throw std::runtime_error("cannot read " + path);
    fclose(file);
    return voxels;
}

static uint64_t sum(const Grid& grid) {
    uint64_t total = 0;
    for (auto it = grid.cbeginValueOn(); it; ++it) total += uint32_t(*it);
    return total;
}

static void answer(double seconds, uint64_t check) {
    printf("%.9f %llu\n", seconds, (unsigned long long)check);
    fflush(stdout);
}

static Grid::Ptr fill(const std::vector<Voxel>& voxels, double& seconds) {
    auto grid = Grid::create(0);
    const double start = now();
    auto accessor = grid->getAccessor();
    for (const Voxel& v : voxels) accessor.setValue(Coord(v.x, v.y, v.z), int32_t(v.rgba));
    seconds = now() - start;
    return grid;
}

static void random_set(uint32_t edge, uint32_t count) {
    auto grid = Grid::create(0);
    Lcg lcg;
    const double start = now();
    auto accessor = grid->getAccessor();
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t a = lcg.next(), b = lcg.next();
        accessor.setValue(place(a, b, edge), int32_t(b | 0xFF000000u));
    }
    const double seconds = now() - start;
    answer(seconds, sum(*grid));
}

static void random_get(const Grid& grid, uint32_t edge, uint32_t count) {
    Lcg lcg;
    uint64_t total = 0;
    const double start = now();
    auto accessor = grid.getConstAccessor();
    for (uint32_t i = 0; i < count; i++) {
        const uint32_t a = lcg.next(), b = lcg.next();
        total += uint32_t(accessor.getValue(place(a, b, edge)));
    }
    answer(now() - start, total);
}

static void box(const std::string& kind, int edge) {
    auto grid = Grid::create(0);
    const CoordBBox bounds(Coord(3, 3, 3), Coord(2 + edge, 2 + edge, 2 + edge));
    const double start = now();
    if (kind == "sparse") grid->fill(bounds, -1, true);
    else grid->denseFill(bounds, -1, true);
    const double seconds = now() - start;
    answer(seconds, grid->activeVoxelCount());
}

int main() {
    openvdb::initialize();
    std::map<std::string, std::vector<Voxel>> lists;
    Grid::Ptr grid;
    std::string word, name;
    while (std::cin >> word) {
        double seconds = 0;
        uint32_t edge = 0, count = 0;
        if (word == "load") {
            std::string path;
            std::cin >> name >> path;
            lists[name] = load(path);
            answer(0, lists[name].size());
        } else if (word == "forget") {
            lists.clear();
            answer(0, 0);
        } else if (word == "fill") {
            std::cin >> name;
            grid = nullptr;
            grid = fill(lists[name], seconds);
            answer(seconds, sum(*grid));
        } else if (word == "bytes") {
            answer(0, grid->memUsage());
        } else if (word == "iterate") {
            const double start = now();
            const uint64_t total = sum(*grid);
            answer(now() - start, total);
        } else if (word == "get") {
            std::cin >> edge >> count;
            random_get(*grid, edge, count);
        } else if (word == "set") {
            std::cin >> edge >> count;
            random_set(edge, count);
        } else if (word == "box") {
            std::cin >> name >> edge;
            box(name, edge);
        } else if (word == "copy") {
            const double start = now();
            auto copy = grid->deepCopy();
            seconds = now() - start;
            answer(seconds, copy->activeVoxelCount());
        } else {
            return 1;
        }
    }
}
