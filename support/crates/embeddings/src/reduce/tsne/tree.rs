//! The Barnes–Hut tree (van der Maaten 2014): a quadtree or octree over the points of a map, in which a cell that looks
//! small from where a point stands counts as one heavy point.
//!
//! The points lie sorted along a Z-shaped curve, so that a cell is a range of them; the cells stand in the order in which
//! they are visited, each with the number of the cell to go on with when its inside does not matter.

/// Points in a cell that is not divided.
const LEAF: usize = 8;
/// Points that walk through the tree together.
pub(super) const GROUP: usize = 16;
/// Bits of a sort key that hold the number of the point, below those of its place.
const INDEX_BITS: u32 = 24;
/// The most points that a tree takes.
pub(super) const MOST: usize = 1 << INDEX_BITS;

/// Bits of a place per axis.
const fn axis_bits(dimensions: usize) -> u32 {
    (64 - INDEX_BITS) / dimensions as u32
}

#[derive(Clone, Copy)]
struct Cell<const D: usize> {
    /// The mean of its points.
    centre: [f32; D],
    /// From this squared distance on it counts as one point.
    far: f32,
    /// How many points.
    mass: f32,
    /// The cell to go on with when this one is not opened.
    next: u32,
    /// Its points.
    first: u32,
    end: u32,
    /// The smallest and the largest coordinates.
    low: [f32; D],
    high: [f32; D],
}

/// The tree; its memory is used again from one step to the next.
pub(super) struct Tree<const D: usize> {
    cells: Vec<Cell<D>>,
    /// Place and number of each point, sorted.
    keys: Vec<u64>,
    spare: Vec<u64>,
    /// Coordinates in the order of `keys`, axis by axis, filled up to a multiple of [`GROUP`] with the last point.
    pub sorted: [Vec<f32>; D],
    /// What is left to do while the tree is built.
    stack: Vec<Todo>,
}

enum Todo {
    Divide { first: u32, end: u32 },
    Close { cell: u32 },
}

/// What a group of points sees: places and masses.
#[derive(Default)]
pub(super) struct Seen<const D: usize> {
    pub entries: Vec<[f32; 4]>,
}

impl<const D: usize> Tree<D> {
    pub fn new() -> Self {
        Tree {
            cells: Vec::new(),
            keys: Vec::new(),
            spare: Vec::new(),
            sorted: std::array::from_fn(|_| Vec::new()),
            stack: Vec::new(),
        }
    }

    /// The number of the point at place `at` of the sorted order.
    pub fn point(&self, at: usize) -> usize {
        (self.keys[at] & (MOST as u64 - 1)) as usize
    }

    /// Builds the tree over finite points. A cell counts as one point where the diagonal of the box around its points is
    /// less than `angle` times as long as its distance.
    pub fn build(&mut self, points: &[[f32; D]], angle: f32) {
        self.sort(points);
        self.divide();
        let inverse = 1.0 / (angle * angle);
        for at in (0..self.cells.len()).rev() {
            self.sum_up(at, inverse);
        }
    }

    fn sort(&mut self, points: &[[f32; D]]) {
        let (mut low, mut high) = (points[0], points[0]);
        for point in points {
            for axis in 0..D {
                low[axis] = low[axis].min(point[axis]);
                high[axis] = high[axis].max(point[axis]);
            }
        }
        let side = (0..D).map(|axis| high[axis] - low[axis]).fold(0.0, f32::max);
        let bits = axis_bits(D);
        let most = (1u32 << bits) - 1;
        let scale = if side > 0.0 { most as f32 / side } else { 0.0 };
        self.keys.clear();
        self.keys.extend(points.iter().enumerate().map(|(number, point)| {
            let mut place = 0;
            for axis in 0..D {
                // Rounding may reach past the end.
                let step = (((point[axis] - low[axis]) * scale) as u32).min(most);
                place |= spread::<D>(step) << axis;
            }
            place << INDEX_BITS | number as u64
        }));
        self.radix_sort();
        for axis in 0..D {
            let sorted = &mut self.sorted[axis];
            sorted.clear();
            sorted.extend(self.keys.iter().map(|key| points[(key & (MOST as u64 - 1)) as usize][axis]));
            let last = sorted[sorted.len() - 1];
            sorted.resize(sorted.len().next_multiple_of(GROUP), last);
        }
    }

    /// Sorts the keys by place, 11 bits at a time; equal ones stay in the order of their numbers.
    fn radix_sort(&mut self) {
        const DIGIT: u32 = 11;
        self.spare.resize(self.keys.len(), 0);
        let mut shift = INDEX_BITS;
        while shift < 64 {
            let digit = |key: u64| (key >> shift) as usize & ((1 << DIGIT) - 1);
            let mut starts = [0u32; 1 << DIGIT];
            self.keys.iter().for_each(|&key| starts[digit(key)] += 1);
            let mut sum = 0;
            for start in &mut starts {
                (*start, sum) = (sum, sum + *start);
            }
            for &key in &self.keys {
                let place = &mut starts[digit(key)];
                self.spare[*place as usize] = key;
                *place += 1;
            }
            std::mem::swap(&mut self.keys, &mut self.spare);
            shift += DIGIT;
        }
    }

    fn divide(&mut self) {
        self.cells.clear();
        self.stack.push(Todo::Divide { first: 0, end: self.keys.len() as u32 });
        while let Some(todo) = self.stack.pop() {
            let (first, end) = match todo {
                Todo::Divide { first, end } => (first, end),
                Todo::Close { cell } => {
                    self.cells[cell as usize].next = self.cells.len() as u32;
                    continue;
                }
            };
            let cell = self.cells.len() as u32;
            self.cells.push(Cell {
                centre: [0.0; D],
                far: 0.0,
                mass: 0.0,
                next: cell + 1,
                first,
                end,
                low: [0.0; D],
                high: [0.0; D],
            });
            if (end - first) as usize <= LEAF {
                continue;
            }
            // The first level on which not all points are in the same part.
            let differ = self.keys[first as usize] ^ self.keys[end as usize - 1];
            let top = (differ >> INDEX_BITS).checked_ilog2();
            let Some(top) = top else { continue }; // all in one smallest cell
            let shift = INDEX_BITS + top / D as u32 * D as u32;
            self.stack.push(Todo::Close { cell });
            // The last part goes on the stack first, so that the first is done first.
            let mut right = end;
            while right > first {
                let part = self.keys[right as usize - 1] >> shift;
                let before = self.keys[first as usize..right as usize].partition_point(|key| key >> shift < part);
                let left = first + before as u32;
                self.stack.push(Todo::Divide { first: left, end: right });
                right = left;
            }
        }
    }

    /// Centre, extent and mass of a cell whose parts have theirs.
    fn sum_up(&mut self, at: usize, inverse: f32) {
        let mut cell = self.cells[at];
        let (mut sum, mut low, mut high) = ([0.0f32; D], [f32::INFINITY; D], [f32::NEG_INFINITY; D]);
        if cell.next as usize == at + 1 {
            for axis in 0..D {
                for &x in &self.sorted[axis][cell.first as usize..cell.end as usize] {
                    sum[axis] += x;
                    low[axis] = low[axis].min(x);
                    high[axis] = high[axis].max(x);
                }
            }
        } else {
            let mut part = at + 1;
            while part != cell.next as usize {
                let inner = &self.cells[part];
                for axis in 0..D {
                    sum[axis] += inner.centre[axis] * inner.mass;
                    low[axis] = low[axis].min(inner.low[axis]);
                    high[axis] = high[axis].max(inner.high[axis]);
                }
                part = inner.next as usize;
            }
        }
        cell.mass = (cell.end - cell.first) as f32;
        let mut diagonal = 0.0f32;
        for axis in 0..D {
            cell.centre[axis] = sum[axis] / cell.mass;
            diagonal += (high[axis] - low[axis]) * (high[axis] - low[axis]);
        }
        (cell.low, cell.high) = (low, high);
        cell.far = diagonal * inverse;
        self.cells[at] = cell;
    }

    /// Collects what the group of 16 points from `first` on sees. A cell is opened when it is too near to any of them.
    pub fn look(&self, first: usize, seen: &mut Seen<D>) {
        let (mut low, mut high) = ([0.0; D], [0.0; D]);
        for axis in 0..D {
            let group = &self.sorted[axis][first..first + GROUP];
            low[axis] = group.iter().copied().fold(f32::INFINITY, f32::min);
            high[axis] = group.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        }
        seen.entries.clear();
        let mut at = 0;
        while at < self.cells.len() {
            let cell = &self.cells[at];
            let mut distance = 0.0;
            for axis in 0..D {
                let outside = (low[axis] - cell.centre[axis]).max(cell.centre[axis] - high[axis]).max(0.0);
                distance += outside * outside;
            }
            let leaf = cell.next as usize == at + 1;
            // A cell with a point of the group in it is always opened, so that each point meets itself exactly once.
            let own = (cell.first as usize) < first + GROUP && cell.end as usize > first;
            if (distance > cell.far && !own) || (leaf && cell.mass == 1.0) {
                let mut entry = [cell.mass; 4];
                entry[..D].copy_from_slice(&cell.centre);
                seen.entries.push(entry);
                at = cell.next as usize;
            } else if leaf {
                for point in cell.first as usize..cell.end as usize {
                    let mut entry = [1.0; 4];
                    for axis in 0..D {
                        entry[axis] = self.sorted[axis][point];
                    }
                    seen.entries.push(entry);
                }
                at += 1;
            } else {
                at += 1;
            }
        }
    }
}

/// The bits of a number with D − 1 zeros between each two.
fn spread<const D: usize>(x: u32) -> u64 {
    let mut x = x as u64;
    if D == 2 {
        x = (x | x << 16) & 0x0000_ffff_0000_ffff;
        x = (x | x << 8) & 0x00ff_00ff_00ff_00ff;
        x = (x | x << 4) & 0x0f0f_0f0f_0f0f_0f0f;
        x = (x | x << 2) & 0x3333_3333_3333_3333;
        (x | x << 1) & 0x5555_5555_5555_5555
    } else {
        x = (x | x << 32) & 0x001f_0000_0000_ffff;
        x = (x | x << 16) & 0x001f_0000_ff00_00ff;
        x = (x | x << 8) & 0x100f_00f0_0f00_f00f;
        x = (x | x << 4) & 0x10c3_0c30_c30c_30c3;
        (x | x << 2) & 0x1249_2492_4924_9249
    }
}
