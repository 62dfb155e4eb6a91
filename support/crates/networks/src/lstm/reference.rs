//! The LSTM as its equations say it, tensor by tensor (Hochreiter and Schmidhuber 1997; forget gate: Gers et al. 2000;
//! names and order of the parameters: PyTorch's `nn.LSTM`). To be read and to be tested against; slow.

use candle_core::{Device, Tensor};

use ground::Result;

/// The parameters of one direction of one layer. The rows of each belong to the input, forget, cell and output gate,
/// in this order.
#[derive(Clone, Debug)]
pub struct DirectionWeights {
    /// From the input to the gates, (4·hidden, inputs).
    pub weight_ih: Tensor,
    /// From the state to the gates, (4·hidden, hidden).
    pub weight_hh: Tensor,
    /// Two biases that are added up, (4·hidden) each.
    pub bias_ih: Tensor,
    /// The second.
    pub bias_hh: Tensor,
}

/// One step: reads the tokens `x`, (batch, inputs), and turns the state `h` and the cell `c`, (batch, hidden), into
/// the next ones.
pub fn lstm_step(x: &Tensor, h: &Tensor, c: &Tensor, weights: &DirectionWeights) -> Result<(Tensor, Tensor)> {
    let from_x = x.matmul(&weights.weight_ih.t()?)?.broadcast_add(&weights.bias_ih)?; // (batch, 4·hidden)
    let from_h = h.matmul(&weights.weight_hh.t()?)?.broadcast_add(&weights.bias_hh)?; // (batch, 4·hidden)
    let gates = (from_x + from_h)?.chunk(4, 1)?; // four of (batch, hidden)
    let input = candle_nn::ops::sigmoid(&gates[0])?; // how much of the new is let in
    let forget = candle_nn::ops::sigmoid(&gates[1])?; // how much of the old stays
    let cell = gates[2].tanh()?; // the new
    let output = candle_nn::ops::sigmoid(&gates[3])?; // how much is shown
    let c = ((forget * c)? + (input * cell)?)?;
    let h = (output * c.tanh()?)?;
    Ok((h, c))
}

/// Both directions over a padded batch `x`, (batch, tokens, inputs). `lengths` says how many tokens of each text are
/// real; at the others the state stays as it is. Gives the states, forward then backward: (batch, tokens, 2·hidden).
pub fn bidirectional_reference(x: &Tensor, lengths: &[usize], weights: &[DirectionWeights; 2]) -> Result<Tensor> {
    let (batch, tokens, _) = x.dims3()?;
    let hidden = weights[0].weight_hh.dim(1)?;
    let mut both = Vec::new();
    for (direction, weights) in weights.iter().enumerate() {
        let mut h = Tensor::zeros((batch, hidden), x.dtype(), &Device::Cpu)?;
        let mut c = h.clone();
        let mut states = vec![h.clone(); tokens];
        for i in 0..tokens {
            let t = if direction == 0 { i } else { tokens - 1 - i };
            let real: Vec<f32> = lengths.iter().map(|&length| if t < length { 1.0 } else { 0.0 }).collect();
            let real = Tensor::from_vec(real, (batch, 1), &Device::Cpu)?;
            let padding = (1.0 - &real)?;
            let x_t = x.narrow(1, t, 1)?.squeeze(1)?; // (batch, inputs)
            let (new_h, new_c) = lstm_step(&x_t, &h, &c, weights)?;
            h = (new_h.broadcast_mul(&real)? + h.broadcast_mul(&padding)?)?;
            c = (new_c.broadcast_mul(&real)? + c.broadcast_mul(&padding)?)?;
            states[t] = h.clone();
        }
        both.push(Tensor::stack(&states, 1)?); // (batch, tokens, hidden)
    }
    Ok(Tensor::cat(&both, 2)?) // (batch, tokens, 2·hidden)
}
