import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
import numpy as np
import random


def set_seed(seed):
    random.seed(seed)
    np.random.seed(seed)
    torch.manual_seed(seed)


def weights_init(m):
    classname = m.__class__.__name__
    if classname.find('Conv') != -1 or classname.find('Linear') != -1:
        nn.init.kaiming_normal_(m.weight.data)
        nn.init.constant_(m.bias.data, 0)


class Encoder(nn.Module):
    def __init__(self, embedding_dim=16):
        super(Encoder, self).__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, padding=1)
        self.pool1 = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(8, 16, 3, padding=1)
        self.pool2 = nn.MaxPool2d(2, 2)
        self.fc1 = nn.Linear(16 * 7 * 7, 128)
        self.dropout = nn.Dropout(0.01)
        self.fc2 = nn.Linear(128, embedding_dim)
        self.apply(weights_init)

    def forward(self, x):
        x = self.conv1(x)
        x = F.relu(x)
        x = self.pool1(x)
        x = self.conv2(x)
        x = F.relu(x)
        x = self.pool2(x)
        x = x.view(x.shape[0], 16 * 7 * 7)
        x = self.fc1(x)
        x = F.relu(x)
        x = self.dropout(x)
        x = self.fc2(x)
        return x


class Decoder(nn.Module):
    def __init__(self, embedding_dim=16):
        super(Decoder, self).__init__()
        self.fc1 = nn.Linear(embedding_dim, 128)
        self.fc2 = nn.Linear(128, 16 * 7 * 7)
        self.t_conv1 = nn.ConvTranspose2d(16, 8, 2, stride=2)
        self.t_conv2 = nn.ConvTranspose2d(8, 8, 2, stride=2)
        self.last = nn.Conv2d(8, 1, 3, padding=1)
        self.apply(weights_init)

    def forward(self, x):
        x = F.relu(self.fc1(x))
        x = F.relu(self.fc2(x))
        x = x.view(x.shape[0], 16, 7, 7)
        x = F.relu(self.t_conv1(x))
        x = F.relu(self.t_conv2(x))
        x = self.last(x)
        x = torch.sigmoid(x)
        return x


class Autoencoder(nn.Module):
    def __init__(self, embedding_dim=16):
        super(Autoencoder, self).__init__()
        self.encoder = Encoder(embedding_dim)
        self.decoder = Decoder(embedding_dim)

    def forward(self, x):
        embedding = self.encoder(x)
        out = self.decoder(embedding)
        return out


def reconstruction_loss(reconstruction, images):
    criterion = nn.MSELoss()
    loss = criterion(reconstruction, images)
    return loss


def train(model, images, epochs=10, batch_size=25, lr=0.003, seed=0):
    set_seed(seed)
    device = images.device
    optimizer = optim.Adam(model.parameters(), lr=lr)
    scheduler = optim.lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=2)
    loss_list = []
    n = images.shape[0]
    for epoch in range(epochs):
        model.train()
        index = np.arange(n)
        np.random.shuffle(index)
        running_loss = 0.0
        count = 0
        i = 0
        while i < n:
            batch_index = index[i:i + batch_size]
            batch_index = torch.from_numpy(batch_index).long().to(device)
            batch = images[batch_index]
            optimizer.zero_grad()
            output = model(batch)
            loss = reconstruction_loss(output, batch)
            loss.backward()
            optimizer.step()
            running_loss = running_loss + loss.item()
            count = count + 1
            i = i + batch_size
        epoch_loss = running_loss / count
        scheduler.step(epoch_loss)
        loss_list.append(epoch_loss)
        print("epoch:", epoch, "loss:", epoch_loss)
    return loss_list


def interpolate(model, image_a, image_b, steps=8):
    model.eval()
    with torch.no_grad():
        emb_a = model.encoder(image_a.view(1, 1, 28, 28))
        emb_b = model.encoder(image_b.view(1, 1, 28, 28))
        result = []
        for i in range(steps):
            t = i / (steps - 1)
            emb = (1 - t) * emb_a + t * emb_b
            img = model.decoder(emb)
            result.append(img)
        result = torch.cat(result, dim=0)
    return result


def kmeans(data, k, rng, iters=15):
    centers = data[rng.permutation(len(data))[:k]].copy()
    for it in range(iters):
        dist = ((data[:, None, :] - centers[None, :, :]) ** 2).sum(-1)
        label = dist.argmin(1)
        for j in range(k):
            if (label == j).sum() > 0:
                centers[j] = data[label == j].mean(0)
    dist = ((data[:, None, :] - centers[None, :, :]) ** 2).sum(-1)
    return centers, dist.argmin(1)


def generate(model, images, n, seed=0):
    # 1. embed  2. k-means  3. one gaussian per cluster (with the within cluster covariance)  4. decode
    model.eval()
    with torch.no_grad():
        emb = model.encoder(images).cpu().numpy().astype(np.float64)
        rng = np.random.RandomState(seed)
        k = max(1, min(10, len(emb) // 20))
        centers, label = kmeans(emb, k, rng)
        residual = emb - centers[label]
        cov = np.dot(residual.T, residual) / len(residual)
        w, v = np.linalg.eigh(np.atleast_2d(cov))
        w = np.sqrt(np.maximum(w, 0))
        weights = np.bincount(label, minlength=k) / len(label)
        new_points = np.zeros((n, emb.shape[1]))
        for i in range(n):
            c = rng.choice(k, p=weights)
            new_points[i] = centers[c] + np.dot(v, w * rng.randn(emb.shape[1]))
        z = torch.tensor(new_points, dtype=torch.float32, device=images.device)
        out = model.decoder(z)
    return out


def nearest_neighbours(model, images, queries, k=5):
    model.eval()
    with torch.no_grad():
        emb_images = model.encoder(images)
        emb_queries = model.encoder(queries)
    all_indices = []
    for q in range(len(queries)):
        distances = torch.sqrt(torch.sum((emb_images - emb_queries[q]) ** 2, dim=1))
        order = torch.argsort(distances)
        all_indices.append([int(j) for j in order[:k]])
    return torch.tensor(all_indices, dtype=torch.int64, device=images.device).reshape(len(queries), k)


def sweep_embedding_dims(train_images, valid_images, dims, epochs=2, seed=0):
    results = dict()
    for dim in dims:
        set_seed(seed)
        model = Autoencoder(dim)
        model = model.to(train_images.device)
        train(model, train_images, epochs=epochs, batch_size=16, seed=seed)
        model.eval()
        with torch.no_grad():
            train_mse = ((model(train_images) - train_images) ** 2).mean().item()
            valid_mse = ((model(valid_images) - valid_images) ** 2).mean().item()
        results[dim] = (train_mse, valid_mse)
    return results
