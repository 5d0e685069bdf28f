import { mount } from 'svelte';
import '@fontsource-variable/inter/wght.css';
import './tokens.css';
import './base.css';
import App from './App.svelte';

mount(App, { target: document.getElementById('app')! });
