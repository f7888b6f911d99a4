//! All machines agree with single numbers.

use super::*;

/// The numbers of all three axes.
fn all<S: Slots>(of: S) -> [f32; 12] {
    let mut to = Sixteen([0.0; 16]);
    of.store(&mut to);
    std::array::from_fn(|at| to.0[at])
}

/// Runs a check on every kind of machine that is here.
fn on_all<K: Kernel<Output = ()> + Copy>(kernel: K) {
    Simd::ALL.into_iter().for_each(|simd| simd.run(kernel));
    kernel.run(plain::Plain);
}

/// Numbers of all kinds but NaN, none of them random twice.
fn number(seed: usize) -> f32 {
    let special = [0.0, -0.0, 1.0, -1.0, 0.5, f32::INFINITY, f32::NEG_INFINITY, 1e-40, 3.4e38];
    let hash = (seed as u32).wrapping_mul(0x9E37_79B1);
    match hash >> 28 {
        kind @ 0..=4 => special[(hash as usize >> 8 | kind as usize) % special.len()],
        _ => ((hash & 0xF_FFFF) as f32 - 524_288.0) / 1024.0,
    }
}

#[derive(Clone, Copy)]
struct Lanes;

impl Kernel for Lanes {
    type Output = ();

    #[inline(always)]
    fn run<M: Machine>(self, machine: M) {
        let lanes = M::Vector::LANES;
        for seed in (0..4000).step_by(32) {
            let a: Vec<f32> = (0..16).map(|lane| number(seed + lane)).collect();
            let b: Vec<f32> = (16..32).map(|lane| number(seed + lane)).collect();
            let (x, y) = (machine.load(&a), machine.load(&b));
            let bits = seed as u32 >> 5;
            let set = |lane: usize| bits >> lane & 1 == 1;
            let check = |vector: M::Vector, expected: &dyn Fn(usize) -> f32| {
                let mut all = [0.0f32; 16];
                vector.store(&mut all);
                for (lane, value) in all[..lanes].iter().enumerate() {
                    let expected = expected(lane);
                    let same = value.to_bits() == expected.to_bits();
                    assert!(same || value.is_nan() && expected.is_nan(), "{value} {expected}");
                }
            };
            check(x.add(y), &|lane| a[lane] + b[lane]);
            check(x.sub(y), &|lane| a[lane] - b[lane]);
            check(x.mul(y), &|lane| a[lane] * b[lane]);
            check(x.div(y), &|lane| a[lane] / b[lane]);
            check(x.abs(), &|lane| a[lane].abs());
            check(x.min(y), &|lane| if a[lane] < b[lane] { a[lane] } else { b[lane] });
            check(x.max(y), &|lane| if a[lane] > b[lane] { a[lane] } else { b[lane] });
            check(x.pick(bits, y), &|lane| if set(lane) { a[lane] } else { b[lane] });
            check(machine.splat(a[3]), &|_| a[3]);
            let count = |is: &dyn Fn(usize) -> bool| {
                (0..lanes).fold(0, |bits, lane| bits | u32::from(is(lane)) << lane)
            };
            assert_eq!(x.lt(y), count(&|lane| a[lane] < b[lane]));
            assert_eq!(x.le(y), count(&|lane| a[lane] <= b[lane]));
        }
    }
}

#[test]
fn vectors_do_as_single_numbers_do() {
    on_all(Lanes);
}

#[derive(Clone, Copy)]
struct Parts;

impl Kernel for Parts {
    type Output = ();

    #[inline(always)]
    fn run<M: Machine>(self, machine: M) {
        let small = |seed: usize| (number(seed) as i32 % 8) as f32;
        for seed in (0..8000).step_by(16) {
            let times = |at: usize| [0, 1, 2, 3].map(|axis| small(seed + at + axis));
            let (enter, leave) = (times(0), times(4));
            let (a, b) = (machine.steps(enter, 0.75), machine.steps(leave, 1.0));
            let (first, last) = (all(a), all(b));
            let expected = (0..64usize).fold(0, |parts, slot| {
                let at = [slot & 3, 4 + (slot >> 2 & 3), 8 + (slot >> 4)];
                let enter = at.into_iter().map(|at| first[at]).fold(f32::MIN, f32::max);
                let leave = at.into_iter().map(|at| last[at]).fold(f32::MAX, f32::min);
                parts | u64::from(enter < leave) << slot
            });
            assert_eq!(a.overlap(b), expected, "{enter:?} {leave:?}");
        }
    }
}

#[test]
fn parts_are_those_entered_on_all_axes_before_they_are_left_on_one() {
    on_all(Parts);
}

#[derive(Clone, Copy)]
struct Shapes;

impl Kernel for Shapes {
    type Output = ();

    #[inline(always)]
    fn run<M: Machine>(self, machine: M) {
        for seed in (0..1000).step_by(48) {
            let lanes: Vec<f32> = (0..48).map(|lane| number(seed + lane)).collect();
            let vectors = [0, 16, 32].map(|from| machine.load(&lanes[from..]));
            let each = |fold: fn(f32, f32) -> f32| {
                [0, 16, 32, 0].map(|from| {
                    lanes[from..from + M::Vector::LANES].iter().copied().reduce(fold).unwrap()
                })
            };
            let expected = all(machine.spread(each(f32::min)));
            assert_eq!(all(machine.least(vectors)), expected);
            let expected = all(machine.spread(each(f32::max)));
            assert_eq!(all(machine.most(vectors)), expected);
        }
        let numbers: [f32; 16] = std::array::from_fn(|at| at as f32);
        let some = machine.slots(&Sixteen(numbers));
        assert_eq!(all(some), numbers[..12]);
        let most = machine.spread([0.0, 3.0, 9.0, 0.0]);
        assert_eq!((some.le(most), most.le(some)), (0b101, 0b011));
        for axes in 0..8u32 {
            let pick =
                |at: usize| if axes >> (at >> 2) & 1 == 1 { all(some) } else { all(most) }[at];
            assert_eq!(all(some.pick(axes, most)), std::array::from_fn(pick));
        }
        let (low, three) = (machine.steps([1.0, -2.0, 0.5, 9.0], 4.0), machine.spread([3.0; 4]));
        assert_eq!(all(low)[3..9], [13.0, -2.0, 2.0, 6.0, 10.0, 0.5]);
        assert_eq!(all(low.sub(three))[..2], [-2.0, 2.0]);
        assert_eq!(all(low.add(three))[..2], [4.0, 8.0]);
        assert_eq!(all(low.mul(three))[..2], [3.0, 15.0]);
        assert_eq!(all(low.div(three.add(machine.spread([1.0; 4]))))[..2], [0.25, 1.25]);
        assert_eq!(all(low.min(three))[..2], [1.0, 3.0]);
        assert_eq!(all(low.max(three))[..2], [3.0, 5.0]);
    }
}

#[test]
fn what_is_least_and_most_is_spread_over_the_slots() {
    on_all(Shapes);
}

#[test]
fn a_level_that_is_not_there_is_replaced() {
    assert!(Simd::Portable.is_available());
    assert!(Simd::best().is_available());
    assert!(Simd::ALL.into_iter().filter(|level| *level > Simd::best()).all(|l| !l.is_available()));
}
